#!/usr/bin/env bash
# test.sh [GO TEST FLAG...] PACKAGE... runs go test, prints what it prints for
# packages and failures, and ends with the counts. A package that hangs is
# stopped, with its goroutines printed, by go test's own time limit.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
mkdir -p .deps/log
go build -buildvcs=false -o .deps/testsummary ./.ci/testsummary || exit 1
go test -json -timeout "${TEST_TIMEOUT:-10m}" "$@" 2>&1 | tee .deps/log/test.json | .deps/testsummary
