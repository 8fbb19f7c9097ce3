#!/usr/bin/env bash
# The Temporal server for development, pipeline/engine/temporal/devserver, built
# into .deps/devserver. It takes minutes the first time. `make temporal` runs it,
# and the end-to-end tests of the Temporal engine.
. "$(dirname "$0")/stamp.sh"
eval "$("$root/.ci/env.sh")"

module=$root/pipeline/engine/temporal/devserver
stamp_begin devserver "$(go env GOVERSION)" "$(cat "$module"/go.mod "$module"/go.sum "$module"/*.go)"
say "building a Temporal server (minutes the first time)"
work=$deps/work/devserver
rm -rf "$work"
mkdir -p "$work"
(cd "$module" && CGO_ENABLED=0 GOEXPERIMENT='' GOFLAGS='-mod=readonly -buildvcs=false' go build -o "$work/devserver" .)
stamp_end "$work"
