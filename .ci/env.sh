#!/usr/bin/env bash
# Prints the `export` lines of a shell in which plain `go build` and `go test`
# work. Every path is taken from where this checkout lies.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
deps=$root/.deps

put() { printf 'export %s=%q\n' "$1" "$2"; }
# before DIR LIST prints the colon-separated LIST with DIR at its front, once.
before() {
  case :$2: in
  *":$1:"*) printf '%s' "$2" ;;
  *) printf '%s' "$1${2:+:$2}" ;;
  esac
}

put CGO_ENABLED 1

case $("$root/.ci/deps/ffmpeg-choice.sh") in
static)
  put PKG_CONFIG_PATH "$(before "$deps/ffmpeg/lib/pkgconfig" "${PKG_CONFIG_PATH:-}")"
  # Go knows the flags of a library but not its bytes: named in a flag, a rebuilt
  # FFmpeg is linked anew, and results of tests of the one before do not count.
  others=$(printf '%s' "${CGO_CPPFLAGS:-}" | sed 's/ *-DFFMPEG_BUILD=[0-9a-f]*//')
  put CGO_CPPFLAGS "${others:+$others }-DFFMPEG_BUILD=$(cut -c1-12 "$deps/ffmpeg/.stamp" 2>/dev/null || true)"
  ;;
brew) put PKG_CONFIG_PATH "$(before "$(brew --prefix ffmpeg@7)/lib/pkgconfig" "${PKG_CONFIG_PATH:-}")" ;;
esac

case ${ONNXRUNTIME_SHARED_LIBRARY_PATH:-} in
"" | */.deps/*)
  for library in "$deps"/onnxruntime/libonnxruntime.*; do
    if [ -e "$library" ]; then put ONNXRUNTIME_SHARED_LIBRARY_PATH "$library"; break; fi
  done
  ;;
esac

case ${OPENVINO_SHARED_LIBRARY_PATH:-} in
"" | */.deps/*)
  for library in "$deps"/openvino/libopenvino_c.so*; do
    if [ -e "$library" ]; then put OPENVINO_SHARED_LIBRARY_PATH "$library"; break; fi
  done
  ;;
esac

if [ -z "${PADAPTER_ORT_NODE:-}" ] && [ -d "$deps/onnxruntime-node/node_modules" ]; then put PADAPTER_ORT_NODE "$deps/onnxruntime-node"; fi
if [ -z "${PADAPTER_NODE_MODULES:-}" ] && [ -d "$deps/readers/node_modules" ]; then put PADAPTER_NODE_MODULES "$deps/readers/node_modules"; fi
case ${PADAPTER_PYTHON:-} in
"" | */padapter/python-*/bin/python)
  python=$("$root/.ci/deps/python-choice.sh")
  if [ -n "$python" ] && [ -e "$python/.stamp" ]; then put PADAPTER_PYTHON "$python/bin/python"; fi
  ;;
esac
if [ -z "${PADAPTER_S3SERVER:-}" ] && [ -x "$deps/s3server/versitygw" ]; then put PADAPTER_S3SERVER "$deps/s3server/versitygw"; fi

if [ -x "$deps/go/root/bin/go" ]; then put PATH "$(before "$deps/go/root/bin" "$PATH")"; fi

# Vector instructions in the pure Go backend; the experiment exists on amd64 only.
case $(uname -m)/,${GOEXPERIMENT:-}, in
x86_64/*,simd,* | amd64/*,simd,*) put GOEXPERIMENT "$GOEXPERIMENT" ;;
x86_64/* | amd64/*) put GOEXPERIMENT "${GOEXPERIMENT:+$GOEXPERIMENT,}simd" ;;
esac
