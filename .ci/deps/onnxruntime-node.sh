#!/usr/bin/env bash
# ONNX Runtime as Node sees it, outside our engine: a test runs exported models in it.
# It is put together from two npm packages whose scripts are not run; of the
# libraries for many platforms in them only this one's is kept. Only that
# test wants it; without npm and node the test skips and says so.
. "$(dirname "$0")/stamp.sh"

version=1.30.0
binding_integrity=sha512-twhs1C2C/BFkz1yc5OY0KIU2GUq6DURO7hD4bx5Q2Qy3nAMJwRXW8xU3NVczE29VA9lolLOYepoD8fjTGOfIqw==
common_integrity=sha512-7fdVWjAID1dVhH/G8qK3APARunV4VkBFoCQAP7qp4Wkab0mrorvmc+sqiT+mKXOzDqdjN5j+/Z9nb4gzNPWcyA==

if ! command -v npm >/dev/null || ! command -v node >/dev/null; then
  say "ONNX Runtime for Node: there is no npm or no node, the test of exported models in it will skip"
  exit 0
fi
case $(uname -s)/$(uname -m) in
Linux/x86_64) folder=linux/x64 ;;
Linux/aarch64) folder=linux/arm64 ;;
Darwin/arm64) folder=darwin/arm64 ;;
*)
  say "ONNX Runtime for Node: no library is published for $(uname -s)/$(uname -m); the test of exported models in it will skip"
  exit 0
  ;;
esac

stamp_begin onnxruntime-node "$folder" "$version"

work=$deps/work/onnxruntime-node
rm -rf "$work"
mkdir -p "$work/out/node_modules"

# fetch NAME INTEGRITY [PATH...] unpacks those parts of a package into node_modules.
fetch() {
  local name=$1 integrity=$2 tarball=$work/$1-$version.tgz found
  shift 2
  npm pack "$name@$version" --silent --ignore-scripts --pack-destination "$work" >/dev/null || die "ONNX Runtime for Node: npm could not fetch $name; check the network"
  found=sha512-$(openssl dgst -sha512 -binary "$tarball" | openssl base64 -A)
  if [ "$found" != "$integrity" ]; then die "ONNX Runtime for Node: the checksum of $name is $found, not $integrity; nothing was installed"; fi
  tar -xzf "$tarball" -C "$work" "$@"
  mv "$work/package" "$work/out/node_modules/$name"
}

say "ONNX Runtime for Node $version: from npm"
fetch onnxruntime-common "$common_integrity" package/package.json package/dist/cjs
fetch onnxruntime-node "$binding_integrity" package/package.json package/dist "package/bin/napi-v6/$folder"
stamp_end "$work/out"
rm -rf "$work"
say "ONNX Runtime for Node $version: ready"
