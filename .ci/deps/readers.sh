#!/usr/bin/env bash
# Readers of our files that are not ours, Apache Arrow's (with LZ4) and DuckDB's, which
# tests compare with. They come with npm and only tests want them; without npm
# those tests skip and say so.
. "$(dirname "$0")/stamp.sh"

if ! command -v npm >/dev/null; then
  say "outside readers: there is no npm, tests that compare with them will skip"
  exit 0
fi

stamp_begin readers "$(checksum <"$root/.ci/readers/package-lock.json")"

work=$deps/work/readers
rm -rf "$work"
mkdir -p "$work"
cp "$root"/.ci/readers/package*.json "$work/"
say "outside readers: from npm"
# Not npm ci: the lock file leaves out the libraries of other platforms.
(cd "$work" && npm install --ignore-scripts --no-audit --no-fund --silent >&2) || die "outside readers: npm could not install them; check the network"
stamp_end "$work"
say "outside readers: ready"
