# Sourced by the installers beside it. Gives each of them one folder under
# .deps, one lock and one stamp, so that a finished step is skipped, a killed
# one is started over, and two calls at once never share a half-made folder.
#
#   stamp_begin NAME [FACT...]   take NAME's lock; end the script when it is up to date
#   stamp_end DIR                stamp DIR as complete and put it at .deps/NAME
#
# The stamp lies in the folder that it vouches for, so deleting the folder is
# enough to have it made again. It holds a hash of the installer's text and of
# the facts: a changed version or option rebuilds, a changed comment does not.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
deps=$root/.deps

say() { printf 'deps: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# checksum prints the hex SHA-256 of what it reads.
checksum() {
  if command -v sha256sum >/dev/null; then sha256sum | cut -d' ' -f1
  else shasum -a 256 | cut -d' ' -f1; fi
}

# The lock is held by file descriptor 9 until the script ends, however it ends.
# macOS has no flock; mkdir is atomic there, and an owner that died is replaced.
take_lock() {
  mkdir -p "$deps/lock"
  if command -v flock >/dev/null; then
    exec 9>"$deps/lock/$1"
    flock 9
    return
  fi
  lock_dir=$deps/lock/$1.d
  until mkdir "$lock_dir" 2>/dev/null; do
    local owner
    owner=$(cat "$lock_dir/pid" 2>/dev/null || true)
    if [ -n "$owner" ] && ! kill -0 "$owner" 2>/dev/null; then rm -rf "$lock_dir"; fi
    sleep 1
  done
  echo $$ >"$lock_dir/pid"
  trap 'rm -rf "$lock_dir"' EXIT
}

stamp_begin() {
  stamp_name=$1
  stamp_want=$({ grep -v '^ *#' "$0"; printf '%s\n' "$@"; } | checksum)
  stamp_current && exit 0
  take_lock "$stamp_name"
  stamp_current && exit 0
  return 0
}

stamp_current() { [ "$(cat "$deps/$stamp_name/.stamp" 2>/dev/null)" = "$stamp_want" ]; }

stamp_end() {
  printf '%s\n' "$stamp_want" >"$1/.stamp"
  rm -rf "${deps:?}/$stamp_name"
  mv "$1" "$deps/$stamp_name"
}
