# Sourced by the tests beside it.
cd "$(dirname "${BASH_SOURCE[0]}")/../../.." || exit 1
deps=$PWD/.deps

if [ "$(.ci/deps/ffmpeg-choice.sh)" != static ] || [ "$(uname -m)" != x86_64 ] || [ "${PADAPTER_FFMPEG_PARTS:-}" = none ]; then
  echo "the FFmpeg of this machine has no parts of decode/ffmpeg; nothing to test"
  exit 0
fi

# Clips of every codec that runs through the parts.
shopt -s nullglob
clips=("$deps"/fixtures/{vp8,vp9,mpeg4,xvid,mpeg1,mpeg2,msmpeg4,wmv1,wmv2,flv1,h263,theora}*.*)
if [ ${#clips[@]} -eq 0 ]; then
  echo "no clips in .deps/fixtures: run decode/testdata/fixtures.sh .deps/fixtures" >&2
  exit 1
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# program OUT FFMPEG [FLAG...] links mutants.c with an FFmpeg of .deps.
program() {
  local out=$1 pc=$deps/$2/lib/pkgconfig
  shift 2
  # shellcheck disable=SC2046
  gcc -O1 -Wall "$@" -o "$out" decode/ffmpeg/test/mutants.c $(PKG_CONFIG_PATH=$pc pkg-config --cflags --libs libavformat libavcodec libavutil)
}
