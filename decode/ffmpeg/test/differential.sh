#!/usr/bin/env bash
# differential.sh decodes damaged copies of clips with FFmpeg as it is and with
# the project's parts, and fails when a frame or an error differs: with all that
# the processor can, without AVX2 and BMI2, and without any vector instructions.
#
#   PADAPTER_MUTANTS  copies, default 2400
#   PADAPTER_SEED     of the damage, default 1
set -euo pipefail
. "$(dirname "$0")/lib.sh"
.ci/deps/ffmpeg.sh plain
copies=${PADAPTER_MUTANTS:-2400}
program "$work/plain" ffmpeg-plain
program "$work/own" ffmpeg

# sums BUILD FEATURES COPIES; a third of the copies each without AVX2 and without vectors.
sums() {
  local limit=() seed=${PADAPTER_SEED:-1}
  [ "$2" = all ] || limit=(-c "$2")
  nice "$work/$1" -n "$3" -s "$((seed * 10 + ${#2}))" "${limit[@]}" "${clips[@]}" >"$work/$1-$2"
}
failed=0
for features in all sse4.2 0; do
  share=$copies
  [ $features = all ] || share=$((copies / 3))
  sums plain $features "$share" &
  sums own $features "$share"
  wait $!
  if ! cmp -s "$work/plain-$features" "$work/own-$features"; then
    echo "processor features $features: < FFmpeg as it is, > with the parts of decode/ffmpeg"
    diff "$work/plain-$features" "$work/own-$features" | head -n 20 || true
    failed=1
  fi
  awk -v features=$features '{ frames += $3; errors += $5 } END { print "processor features " features ": " NR " copies, " frames " frames, " errors " errors" }' "$work/own-$features"
done
exit $failed
