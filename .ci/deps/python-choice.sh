#!/usr/bin/env bash
# Prints the folder of the Python environment that python.sh makes from
# .ci/python/requirements.lock. It is named after that file's text and lies in
# the user's cache, so all checkouts of a machine share it. Prints nothing where
# there is no such environment: the lock is for x86-64 Linux.
set -euo pipefail
lock=$(cd "$(dirname "$0")/../python" && pwd)/requirements.lock

[ "$(uname -s)/$(uname -m)" = Linux/x86_64 ] || exit 0
cache=${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}}
[ -n "$cache" ] || exit 0
printf '%s/padapter/python-%s\n' "$cache" "$(sha256sum "$lock" | cut -c1-12)"
