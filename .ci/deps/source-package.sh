#!/usr/bin/env bash
# source-package.sh NAME MAJOR DIR SUITE...
#
# Downloads the upstream source of the distribution's package NAME, whose
# version must be MAJOR.x, into DIR and prints the tarball's path. The suites
# are tried in order.
set -euo pipefail
. "$(dirname "$0")/private-apt.sh"

name=$1 major=$2 dir=$(cd "$3" && pwd)
shift 3

for suite in "$@"; do
  private_apt_open "$dir/apt" deb-src "$suite" || continue
  version=$("${apt[@]}" --only-source --print-uris source "$name" 2>/dev/null |
    sed -n "s/.* ${name}_\([0-9][0-9.]*\)\.orig\.tar\.[a-z0-9]* .*/\1/p" | head -n 1)
  case $version in
  "$major".*) ;;
  *) continue ;;
  esac
  (cd "$dir" && "${apt[@]}" --only-source --download-only --tar-only source "$name" >&2)
  ls "$dir/${name}_$version".orig.tar.*
  exit 0
done
echo "this machine's apt mirror offers no $name $major.x source package in: $*; install $name $major with its development files yourself" >&2
exit 1
