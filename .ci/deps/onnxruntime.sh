#!/usr/bin/env bash
# ONNX Runtime's shared library, for the onnx backend. It is taken out of the
# npm package onnxruntime-node, whose scripts are not run; without npm,
# compute-onnx's own installer fetches the same version's release.
. "$(dirname "$0")/stamp.sh"

version=1.30.0
integrity=sha512-twhs1C2C/BFkz1yc5OY0KIU2GUq6DURO7hD4bx5Q2Qy3nAMJwRXW8xU3NVczE29VA9lolLOYepoD8fjTGOfIqw==

case ${ONNXRUNTIME_SHARED_LIBRARY_PATH:-} in
"" | "$deps"/*) ;;
*) [ -r "$ONNXRUNTIME_SHARED_LIBRARY_PATH" ] && exit 0 ;;
esac

case $(uname -s)/$(uname -m) in
Linux/x86_64) folder=linux/x64 library=libonnxruntime.so.1 ;;
Linux/aarch64) folder=linux/arm64 library=libonnxruntime.so.1 ;;
Darwin/arm64) folder=darwin/arm64 library=libonnxruntime.1.dylib ;;
*)
  say "ONNX Runtime: no library is published for $(uname -s)/$(uname -m); the go backend is used"
  exit 0
  ;;
esac

stamp_begin onnxruntime "$folder" "$version"

work=$deps/work/onnxruntime
rm -rf "$work"
mkdir -p "$work/out" "$work/home"

from_npm() {
  say "ONNX Runtime $version: from the npm package onnxruntime-node"
  npm pack "onnxruntime-node@$version" --silent --ignore-scripts --pack-destination "$work" >/dev/null || return 1
  local tarball=$work/onnxruntime-node-$version.tgz found
  found=sha512-$(openssl dgst -sha512 -binary "$tarball" | openssl base64 -A)
  if [ "$found" != "$integrity" ]; then
    die "ONNX Runtime $version: the npm package's checksum is $found, not $integrity; nothing was installed"
  fi
  tar -xzf "$tarball" -C "$work" "package/bin/napi-v6/$folder/$library"
  mv "$work/package/bin/napi-v6/$folder/$library" "$work/out/"
}

from_release() {
  say "ONNX Runtime $version: through compute-onnx's installer"
  (cd "$root" && CGO_ENABLED=0 go build -o "$work/install" ./.ci/deps/onnxruntime-release) || return 1
  # The installer writes under the home folder; it gets one of its own.
  HOME=$work/home "$work/install" "$version" >&2 || return 1
  find "$work/home" -name 'libonnxruntime*' -exec mv {} "$work/out/" \;
  library=$(cd "$work/out" && ls libonnxruntime.so libonnxruntime.dylib 2>/dev/null | head -n 1)
}

if command -v npm >/dev/null && from_npm; then :
elif from_release; then :
else
  say "ONNX Runtime $version could not be fetched, neither with npm nor from its release page; check the network, or set ONNXRUNTIME_SHARED_LIBRARY_PATH to a library of that version"
  [ -z "${CI:-}" ] || exit 1 # a CI run without it would test less than it claims
  say "going on without it: --backend auto takes another one; the next make deps tries again"
  exit 0
fi

[ -s "$work/out/$library" ] || die "ONNX Runtime $version: $library is not in what was fetched"
stamp_end "$work/out"
rm -rf "$work"
say "ONNX Runtime $version: ready"
