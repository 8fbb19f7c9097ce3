#!/bin/sh
# Runs the tests of package decode with its C unit under the address and
# undefined-behaviour sanitizers: decode/testdata/sanitize.sh [go test arguments]
# Needs gcc with libasan and libubsan. Leak detection stays off: Go's runtime
# keeps memory that the sanitizer cannot see; LiveHandles checks ours.
set -eu
cd "$(dirname "$0")/../.."
[ -x .ci/env.sh ] && eval "$(.ci/env.sh)"
export CGO_CFLAGS="${CGO_CFLAGS:-} -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined"
export CGO_LDFLAGS="${CGO_LDFLAGS:-} -fsanitize=address,undefined"
export ASAN_OPTIONS=detect_leaks=0:abort_on_error=1 UBSAN_OPTIONS=print_stacktrace=1
exec go test -asan -count=1 -timeout 30m "${@:--short}" ./decode
