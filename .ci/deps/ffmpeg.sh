#!/usr/bin/env bash
# FFmpeg 7 with its headers, for the decode room. Where pkg-config already finds
# libavcodec 61 nothing is built. Elsewhere a small static FFmpeg is built from
# the distribution's source package into .deps/ffmpeg: what video and image
# datasets need to be read, what the project's own fixtures need to be written,
# no network, no programs, no devices.
. "$(dirname "$0")/stamp.sh"

case $("$(dirname "$0")/ffmpeg-choice.sh") in
system) exit 0 ;;
brew)
  command -v brew >/dev/null || die "FFmpeg 7 is missing and so is Homebrew; install one of them"
  [ -d "$(brew --prefix ffmpeg@7 2>/dev/null)/lib/pkgconfig" ] || brew install ffmpeg@7 >&2
  exit 0
  ;;
esac

. /etc/os-release 2>/dev/null || true
case ${ID:-} in
debian) suites=(trixie) ;;
ubuntu) suites=(questing plucky oracular) ;;
*) die "FFmpeg 7 development files (libavcodec >= 61 and < 62) were not found by pkg-config, and they can be built here only on Debian and Ubuntu; install them and try again" ;;
esac

# What is built: the library that the program links; or for the tests of
# decode/ffmpeg a small one with FFmpeg's own code alone (plain), or with the
# project's parts under the sanitizers (sanitized).
kind=${1:-}
case $kind in
"" | plain | sanitized) name=ffmpeg${kind:+-$kind} ;;
*) die "usage: ffmpeg.sh [plain|sanitized]" ;;
esac

# Parts of FFmpeg's decoders in the project's own words, on the processors where
# they were measured: see decode/ffmpeg/README.md. PADAPTER_FFMPEG_PARTS chooses
# among them; "none" is FFmpeg as it is.
room=$root/decode/ffmpeg
parts=${PADAPTER_FFMPEG_PARTS:-all}
if [ "$(uname -m)" != x86_64 ] || [ "$kind" = plain ]; then parts=none; fi
case $parts in
none) own=() ;;
*) own=("$room/apply.sh" "$room/replaces.sha256" "$room"/libavcodec/*.[ch] "$room"/libavcodec/x86/*.[ch]) ;;
esac

stamp_begin "$name" "$(uname -m)" "${suites[@]}" "$parts" "$(cat "$room/source.sha256" "${own[@]}" | checksum)"

work=$deps/work/$name
log=$deps/log/$name.log
rm -rf "$work"
mkdir -p "$work/src" "$deps/log" "$deps/download"

# The tarball is kept, so that it is fetched once for all that is built of it.
read -r want file <"$room/source.sha256"
tarball=$deps/download/$file
pinned() { [ "$(checksum <"$1")" = "$want" ]; }
if ! { [ -e "$tarball" ] && pinned "$tarball"; }; then
  say "FFmpeg 7: fetching the distribution's source package"
  tarball=$("$(dirname "$0")/source-package.sh" ffmpeg 7 "$work" "${suites[@]}")
  if [ "$(basename "$tarball")" != "$file" ]; then
    say "FFmpeg 7: $(basename "$tarball") is another version than $file, which decode/ffmpeg names; its files are compared one by one"
  elif ! pinned "$tarball"; then
    die "FFmpeg 7: $file is not the file whose SHA-256 decode/ffmpeg/source.sha256 names"
  fi
  cp "$tarball" "$deps/download/.$name-$(basename "$tarball")"
  mv "$deps/download/.$name-$(basename "$tarball")" "$deps/download/$(basename "$tarball")"
fi
tar -xf "$tarball" -C "$work/src" --strip-components=1
case $parts in
none) ;;
all) "$room/apply.sh" "$work/src" || die "FFmpeg 7: the project's parts do not fit $(basename "$tarball"), see above" ;;
*) # shellcheck disable=SC2086
  "$room/apply.sh" "$work/src" $parts || die "FFmpeg 7: the parts $parts do not fit $(basename "$tarball"), see above" ;;
esac

list() { local IFS=,; printf '%s' "$*"; }
demuxers=$(list mov matroska avi mpegts mpegps mpegvideo flv asf ogg gif apng \
  image2 image2pipe image_bmp_pipe image_gif_pipe image_jpeg_pipe image_png_pipe image_webp_pipe \
  h264 hevc m4v mjpeg vc1 vc1t h263 ivf av1 obu rawvideo yuv4mpegpipe)
decoders=$(list h264 hevc vp8 vp9 libdav1d mpeg1video mpeg2video mpeg4 \
  msmpeg4v1 msmpeg4v2 msmpeg4v3 wmv1 wmv2 wmv3 vc1 h263 h263i h263p flv vp6 vp6a vp6f theora \
  mjpeg mjpegb png apng webp gif bmp prores rawvideo ffv1)
# The audio parsers let FFmpeg finish describing a container's sound tracks
# early, so that opening a clip reads no more of it than needed.
parsers=$(list h264 hevc vp8 vp9 av1 mpegvideo mpeg4video vc1 h263 mjpeg png webp gif bmp \
  aac aac_latm ac3 mpegaudio opus vorbis)
bsfs=$(list mpeg4_unpack_bframes h264_mp4toannexb hevc_mp4toannexb vp9_superframe vp9_superframe_split \
  av1_frame_split av1_frame_merge extract_extradata null)
encoders=$(list mpeg4 mjpeg png ffv1 rawvideo gif)
muxers=$(list avi mov mp4 matroska image2 image2pipe mjpeg gif rawvideo framemd5 null)
# buffer and buffersink come with libavfilter itself.
filters=$(list scale format null copy transpose hflip vflip crop rotate)

features=(--enable-avdevice --enable-zlib --enable-libdav1d --disable-debug
  --enable-demuxer="$demuxers" --enable-decoder="$decoders" --enable-parser="$parsers" --enable-bsf="$bsfs"
  --enable-encoder="$encoders" --enable-muxer="$muxers" --enable-filter="$filters")
if [ -n "$kind" ]; then # the codecs that the parts belong to, and the containers of the tests' clips
  features=(--disable-avdevice --disable-avfilter --disable-swscale --disable-swresample
    --enable-demuxer="$(list mov matroska avi mpegps mpegts mpegvideo m4v flv asf ogg ivf)"
    --enable-decoder="$(list vp8 vp9 mpeg1video mpeg2video mpeg4 msmpeg4v1 msmpeg4v2 msmpeg4v3 wmv1 wmv2 h263 h263p flv vp6 vp6f theora)"
    --enable-parser="$(list vp8 vp9 mpegvideo mpeg4video h263)" --enable-bsf="$(list mpeg4_unpack_bframes vp9_superframe_split)")
  case $kind in
  plain) features+=(--disable-debug) ;;
  sanitized)
    sanitizers='-fsanitize=address,undefined -fno-sanitize=alignment -fno-omit-frame-pointer'
    features+=(--optflags=-O1 --disable-stripping --extra-cflags="-O1 $sanitizers" --extra-ldflags="$sanitizers")
    ;;
  esac
fi

say "FFmpeg 7: building $(basename "$tarball")${kind:+, $kind} (log: .deps/log/$name.log)"
started=$SECONDS
build() {
  mkdir -p "$work/build" && cd "$work/build" &&
    "$work/src/configure" --prefix=/ffmpeg \
      --disable-everything --disable-autodetect --disable-programs --disable-doc --disable-network \
      --enable-static --disable-shared --enable-pic --enable-pthreads "${features[@]}" &&
    make -j"$(getconf _NPROCESSORS_ONLN)" &&
    make install DESTDIR="$work/out"
}
if ! (build) >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  die "FFmpeg 7 did not build; the whole log is .deps/log/$name.log"
fi

# The prefix is a mere name, so that no path of this machine gets into the
# library. Plain `go build` asks pkg-config without --static and must still link, and
# the checkout may be moved: private libraries are made public and every path
# is taken from where the .pc file lies.
for pc in "$work"/out/ffmpeg/lib/pkgconfig/*.pc; do
  awk '
    /^prefix=/ { print "prefix=${pcfiledir}/../.."; next }
    /^(exec_prefix|libdir|includedir)=/ { sub(/=\/ffmpeg/, "=${prefix}") }
    /^Libs:/ { libs = $0; next }
    /^Libs.private:/ { sub(/^Libs.private:/, ""); extra = extra $0; next }
    /^Requires:/ { sub(/^Requires: */, ""); needs = $0; next }
    /^Requires.private:/ { sub(/^Requires.private: */, ""); inner = $0; next }
    { print }
    END {
      sep = (needs != "" && inner != "") ? ", " : ""
      print "Requires: " needs sep inner
      print libs extra
    }' "$pc" >"$pc.new"
  mv "$pc.new" "$pc"
done

mv "$work/out/ffmpeg" "$work/ffmpeg"
stamp_end "$work/ffmpeg"
rm -rf "$work"
say "FFmpeg 7: built in $((SECONDS - started)) s into .deps/$name"
