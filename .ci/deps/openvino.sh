#!/usr/bin/env bash
# OpenVINO's shared libraries, for the openvino backend: the five of them that
# it needs (92 MB), out of the Python wheel, whose code is not run.
. "$(dirname "$0")/stamp.sh"

version=2026.4.1
hash=sha256:2d22b1da03f7caf74df30e9f6417d0ab2f637e4a38e08e1dcd294d2c37407aaf

case ${OPENVINO_SHARED_LIBRARY_PATH:-} in
"" | "$deps"/*) ;;
*) [ -r "$OPENVINO_SHARED_LIBRARY_PATH" ] && exit 0 ;;
esac

case $(uname -s)/$(uname -m) in
Linux/x86_64) ;;
*)
  say "OpenVINO: the openvino backend is for Linux on x86-64; --backend auto takes another one"
  exit 0
  ;;
esac

stamp_begin openvino "$version" "$hash"

work=$deps/work/openvino
rm -rf "$work"
mkdir -p "$work/out"

# The wheel is that of one version of Python; which one reads it makes no difference.
from_pip() {
  command -v python3 >/dev/null || return 1
  say "OpenVINO $version: from the Python package openvino"
  printf 'openvino==%s --hash=%s\n' "$version" "$hash" >"$work/requirements.txt"
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary :all: \
    --implementation cp --python-version 3.11 --abi cp311 --platform manylinux_2_28_x86_64 \
    --dest "$work" -r "$work/requirements.txt" >&2 || return 1
  python3 - "$work" <<'PY'
import pathlib, re, shutil, sys, zipfile

work = pathlib.Path(sys.argv[1])
wanted = re.compile(r"openvino/libs/(libopenvino(_c|_ir_frontend|_intel_cpu_plugin)?\.so|libtbb\.so)[.0-9]*")
with zipfile.ZipFile(next(work.glob("*.whl"))) as wheel:
    members = [m for m in wheel.namelist() if wanted.fullmatch(m)]
    if len(members) != 5:
        sys.exit(f"the wheel holds {members}, five libraries are expected")
    for member in members:
        with wheel.open(member) as packed, open(work / "out" / pathlib.Path(member).name, "wb") as library:
            shutil.copyfileobj(packed, library)
PY
}

if ! from_pip; then
  say "OpenVINO $version could not be fetched with pip; check the network and that python3 has pip, or set OPENVINO_SHARED_LIBRARY_PATH to the folder of libopenvino_c"
  [ -z "${CI:-}" ] || exit 1 # a CI run without it would test less than it claims
  say "going on without it: --backend auto takes another one; the next make deps tries again"
  exit 0
fi
stamp_end "$work/out"
rm -rf "$work"
say "OpenVINO $version: ready"
