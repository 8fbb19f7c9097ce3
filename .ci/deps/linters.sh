#!/usr/bin/env bash
# The linters that .ci/tools/go.mod pins, built into .deps/linters.
. "$(dirname "$0")/stamp.sh"
eval "$("$root/.ci/env.sh")"

stamp_begin linters "$(go env GOVERSION)" "$(cat "$root/.ci/tools/go.mod" "$root/.ci/tools/go.sum")"
say "building the linters"
work=$deps/work/linters
rm -rf "$work"
mkdir -p "$work"
(cd "$root/.ci/tools" && CGO_ENABLED=0 GOFLAGS=-mod=readonly GOBIN=$work go install tool)
stamp_end "$work"
