#!/usr/bin/env bash
# test.sh [GO TEST FLAG...] PACKAGE... runs go test, prints what it prints for
# packages and failures, and ends with the counts. A package that hangs is
# stopped, with its goroutines printed, by go test's own time limit.
#
# ALLOWED_SKIPS names a list of the skips that are allowed: any other one fails.
# TOTALS names a file that keeps the counts, to which those of this run are added.
# LOG names the log in .deps/log (test).
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
mkdir -p .deps/log
go build -buildvcs=false -o .deps/testsummary ./.ci/testsummary || exit 1
go test -json -timeout "${TEST_TIMEOUT:-10m}" "$@" 2>&1 | tee ".deps/log/${LOG:-test}.json" |
  .deps/testsummary ${ALLOWED_SKIPS:+-allow "$ALLOWED_SKIPS"} ${TOTALS:+-totals "$TOTALS"}
