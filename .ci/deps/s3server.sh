#!/usr/bin/env bash
# The S3 server that .ci/s3server/go.mod pins, built into .deps/s3server. Only
# tests want it; without it they skip and say so.
. "$(dirname "$0")/stamp.sh"
eval "$("$root/.ci/env.sh")"

stamp_begin s3server "$(go env GOVERSION)" "$(cat "$root/.ci/s3server/go.mod" "$root/.ci/s3server/go.sum")"
say "building an S3 server for tests"
work=$deps/work/s3server
rm -rf "$work"
mkdir -p "$work"
(cd "$root/.ci/s3server" && CGO_ENABLED=0 GOEXPERIMENT='' GOFLAGS='-mod=readonly -buildvcs=false' GOBIN=$work go install -ldflags '-s -w' tool)
stamp_end "$work"
