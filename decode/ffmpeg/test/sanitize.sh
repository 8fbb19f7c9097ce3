#!/usr/bin/env bash
# sanitize.sh decodes damaged copies of clips with the parts of decode/ffmpeg
# under the address and undefined-behaviour sanitizers, and fails on a report
# of the former and on one of the latter in the parts' own files.
#
#   PADAPTER_MUTANTS  copies, default 600
#   PADAPTER_SEED     of the damage, default 1
set -euo pipefail
. "$(dirname "$0")/lib.sh"
.ci/deps/ffmpeg.sh sanitized
copies=${PADAPTER_MUTANTS:-600}
program "$work/own" ffmpeg-sanitized -g -fsanitize=address,undefined
export ASAN_OPTIONS=abort_on_error=1 UBSAN_OPTIONS=print_stacktrace=0
failed=0
run() { # run FEATURES [FLAG...]
  local features=$1
  shift
  nice "$work/own" -n "$copies" -s "$((${PADAPTER_SEED:-1} * 10 + 7))" "$@" "${clips[@]}" >"$work/$features" 2>"$work/$features.err"
}
run all &
other=$!
run sse4.2 -c sse4.2 || failed=1
wait $other || failed=1
for features in all sse4.2; do
  if grep -q 'ERROR: AddressSanitizer\|ERROR: LeakSanitizer' "$work/$features.err"; then
    grep -A 25 -m 1 'ERROR: AddressSanitizer\|ERROR: LeakSanitizer' "$work/$features.err"
    failed=1
  fi
  awk -v features=$features '{ frames += $3; errors += $5 } END { print "processor features " features ": " NR " copies, " frames " frames, " errors " errors" }' "$work/$features"
done
reports=$(cat "$work"/*.err | grep 'runtime error' | sed 's/^.*\(libav[a-z]*\/\)/\1/' | sort | uniq -c | sort -rn || true)
names=$(cd decode/ffmpeg && ls libavcodec/*.[ch] libavcodec/x86/*.[ch])
if grep -F "$names" <<<"$reports"; then
  echo "undefined behaviour in the parts, see above"
  failed=1
fi
[ -z "$reports" ] || printf 'undefined behaviour that FFmpeg itself has, or that comes to it from damaged data: %s places\n' "$(wc -l <<<"$reports")"
exit $failed
