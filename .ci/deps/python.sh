#!/usr/bin/env bash
# The Python environment of benchmarks and of tests that compare with Python's
# libraries: PyTorch, OpenVINO, decoders. It takes 6 GB of disk, and minutes the
# first time. Nothing else needs it; env.sh names its interpreter in
# PADAPTER_PYTHON once it is there.
. "$(dirname "$0")/stamp.sh"

[ -z "${PADAPTER_PYTHON:-}" ] || [[ $PADAPTER_PYTHON == */padapter/python-*/bin/python ]] || exit 0
home=$("$root/.ci/deps/python-choice.sh")
if [ -z "$home" ]; then
  say "Python environment: its lock is for x86-64 Linux with a home folder; what needs it will skip"
  exit 0
fi
[ -e "$home/.stamp" ] && exit 0

# The environment is made where it stays, since its scripts name their place.
# The lock lies beside it: checkouts share both.
deps=$(dirname "$home")
take_lock "$(basename "$home")"
[ -e "$home/.stamp" ] && exit 0

base=''
for candidate in python3.11 /usr/bin/python3.11 /usr/local/bin/python3.11; do
  if "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then base=$candidate; break; fi
done
[ -n "$base" ] || die "Python environment: there is no CPython 3.11 with its module venv (Debian's packages python3.11 and python3.11-venv)"

say "Python environment: from the locked packages (3 GB, minutes the first time)"
rm -rf "$home"
"$base" -m venv "$home" || die "Python environment: $base could not make one in $home"
"$home/bin/python" -m pip install --quiet --require-hashes --no-deps --only-binary :all: \
  -r "$root/.ci/python/requirements.lock" >&2 || die "Python environment: pip could not install the locked packages; check the network"
"$home/bin/python" -m pip check >&2 || die "Python environment: the locked packages do not fit each other"
"$home/bin/python" -c 'import torch, openvino, onnxruntime, cv2' || die "Python environment: what was installed does not load"
: >"$home/.stamp"
say "Python environment: ready"
