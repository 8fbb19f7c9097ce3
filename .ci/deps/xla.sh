#!/usr/bin/env bash
# XLA's PJRT plugin for the CPU, on which continuous integration proves the xla
# backend. It is taken out of a Python wheel, whose code is not run. A user who
# has no accelerator has no use for it: the other backends are faster there.
. "$(dirname "$0")/stamp.sh"

package=lammps-jax-pjrt-cpu
version=0.11.2
hash=sha256:1319390d948b39f69f7dade496b7c385149d9ca6097a6b62114da113216d9ad1
member=lammps_jax_pjrt_cpu/pjrt_c_api_cpu_plugin.so

case $(uname -s)/$(uname -m) in
Linux/x86_64) ;;
*)
  say "XLA: no plugin for the CPU is pinned for $(uname -s)/$(uname -m); its tests will skip"
  exit 0
  ;;
esac

stamp_begin xla "$package" "$version" "$hash"

work=$deps/work/xla
rm -rf "$work"
mkdir -p "$work/out"
say "XLA's plugin: from the Python package $package $version"
printf '%s==%s --hash=%s\n' "$package" "$version" "$hash" >"$work/requirements.txt"
python3 -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary :all: \
  --dest "$work" -r "$work/requirements.txt" >&2 ||
  die "XLA's plugin could not be fetched with pip; check the network and that python3 has pip"
python3 - "$work" "$member" <<'PY'
import pathlib, shutil, sys, zipfile

work, member = pathlib.Path(sys.argv[1]), sys.argv[2]
with zipfile.ZipFile(next(work.glob("*.whl"))) as wheel, wheel.open(member) as packed:
    with open(work / "out" / pathlib.Path(member).name, "wb") as plugin:
        shutil.copyfileobj(packed, plugin)
PY
stamp_end "$work/out"
rm -rf "$work"
say "XLA's plugin: ready"
