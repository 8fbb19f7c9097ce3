#!/usr/bin/env bash
# nomemory.sh runs nomemory.c over clips of .deps/fixtures, with decode's C unit
# under the sanitizers: no failed allocation leads to a crash, a leak or a bad state.
set -euo pipefail
cd "$(dirname "$0")/../.."
eval "$(.ci/env.sh)"
fixtures=${PADAPTER_FIXTURES:-.deps/fixtures}
clips=()
for name in h264_b3.mp4 mpeg4_b.avi vp9.webm mjpeg.mov anim.gif; do
  [ ! -e "$fixtures/$name" ] || clips+=("$fixtures/$name")
done
if [ ${#clips[@]} -eq 0 ]; then
  echo "no clips in $fixtures: run decode/testdata/fixtures.sh $fixtures" >&2
  exit 1
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
wraps=''
for function in malloc calloc realloc posix_memalign; do wraps+=,--wrap=$function; done
# shellcheck disable=SC2046
gcc -O1 -g -Wall -Wno-unused-parameter -fsanitize=address,undefined -fno-sanitize-recover=undefined "-Wl$wraps" \
  -o "$work/nomemory" decode/testdata/nomemory.c decode/*.c $(pkg-config --cflags --libs libavformat libavcodec libavutil) -lm
UBSAN_OPTIONS=print_stacktrace=1 nice "$work/nomemory" "${PADAPTER_NOMEMORY_STEP:-23}" "${clips[@]}"
