#!/bin/sh
# Builds the clips of the exactness tests with the ffmpeg program on PATH:
#   decode/testdata/fixtures.sh DIR
# A clip that this ffmpeg has no encoder for is left out; one that exists is
# kept. The tests look for the directory in PADAPTER_FIXTURES, then .deps/fixtures.
set -u
dir=${1:?usage: fixtures.sh DIR}
mkdir -p "$dir"
small='testsrc2=size=176x144:rate=25:duration=3.2,noise=alls=12:allf=t'
failed=0

make() { # name, then ffmpeg's arguments
    name=$1
    shift
    [ -s "$dir/$name" ] && return
    # Keep the extension last: ffmpeg takes the container from it.
    if ffmpeg -nostdin -v error -y "$@" -threads 1 "$dir/part-$name" </dev/null 2>"$dir/part-log"; then
        mv "$dir/part-$name" "$dir/$name"
    else
        echo "left out $name: $(tail -n 1 "$dir/part-log")"
        rm -f "$dir/part-$name"
        failed=$((failed + 1))
    fi
}

clip() { # name, then encoder arguments
    name=$1
    shift
    make "$name" -f lavfi -i "$small" -pix_fmt yuv420p "$@"
}

x264() { name=$1 params=$2; shift 2; clip "$name" -c:v libx264 -preset fast -x264-params "$params" "$@"; }
x265() { name=$1 params=$2; shift 2; clip "$name" -c:v libx265 -preset ultrafast -x265-params "log-level=error:$params" "$@"; }

x264 h264_b3.mp4 keyint=30:bframes=3:b-adapt=0
x264 h264_baseline.mp4 keyint=25:bframes=0
x264 h264_open_gop.mp4 keyint=24:open-gop=1:bframes=3:b-adapt=0
x264 h264_open_gop.mkv keyint=20:open-gop=1:bframes=5:b-adapt=0:b-pyramid=strict
x264 h264_pyramid.mp4 keyint=40:bframes=7:b-pyramid=normal:b-adapt=0:ref=6
x264 h264_interlaced.mp4 keyint=25:bframes=2:tff=1 -flags +ilme+ildct
x264 h264_slices.mp4 keyint=30:slices=4:bframes=2
x264 h264_intra_refresh.mp4 intra-refresh=1:keyint=25:bframes=0
x264 h264_one_key.mp4 keyint=1000:bframes=3
x264 h264.ts keyint=25:bframes=3
x264 h264.flv keyint=25:bframes=2
x264 h264_b.avi keyint=25:bframes=3
x264 h264.avi keyint=25:bframes=0
x264 h264.264 keyint=25:bframes=3
x264 h264_fragmented.mp4 keyint=25:bframes=2 -movflags frag_keyframe+empty_moov
x264 h264_faststart.mov keyint=25:bframes=2 -movflags faststart
make h264_vfr.mp4 -f lavfi -i "$small,select='not(eq(mod(n\,5)\,2))'" -vsync vfr -pix_fmt yuv420p -c:v libx264 -g 25
make h264_422_10.mp4 -f lavfi -i "$small" -pix_fmt yuv422p10le -c:v libx264 -g 25
make h264_444.mp4 -f lavfi -i "$small" -pix_fmt yuv444p -c:v libx264 -g 25
make h264_gray.mp4 -f lavfi -i "$small" -pix_fmt gray -c:v libx264 -g 25
make h264_odd.mp4 -f lavfi -i "$small,scale=175:143" -pix_fmt yuv444p -c:v libx264 -g 25
make h264_sar.mp4 -f lavfi -i "$small,setsar=16/11" -pix_fmt yuv420p -c:v libx264 -g 25
[ -s "$dir/h264_one_key.mp4" ] && make h264_edit.mp4 -ss 1.3 -i "$dir/h264_b3.mp4" -c copy
[ -s "$dir/h264_open_gop.mp4" ] && make h264_cut_open.mkv -ss 1.1 -i "$dir/h264_open_gop.mp4" -c copy -avoid_negative_ts disabled
[ -s "$dir/h264_b3.mp4" ] && make h264_negative.mkv -i "$dir/h264_b3.mp4" -c copy -avoid_negative_ts disabled -output_ts_offset -0.5
[ -s "$dir/h264_b3.mp4" ] && make h264_two_streams.mkv -i "$dir/h264_b3.mp4" -i "$dir/h264_sar.mp4" -map 0 -map 1 -c copy

x265 hevc.mp4 keyint=24:bframes=4:b-pyramid=1
x265 hevc_closed.mkv keyint=24:open-gop=0:bframes=3
x265 hevc_layers.mp4 keyint=32:temporal-layers=1:bframes=4
x265 hevc.ts keyint=24:bframes=3
x265 hevc.265 keyint=24:bframes=3
make hevc_10.mp4 -f lavfi -i "$small" -pix_fmt yuv420p10le -c:v libx265 -preset ultrafast -x265-params log-level=error:keyint=30
[ -s "$dir/hevc.mp4" ] && make hevc_cut_open.mkv -ss 1.5 -i "$dir/hevc.mp4" -c copy
[ -s "$dir/hevc.mp4" ] && make hevc_edit.mp4 -ss 1.4 -i "$dir/hevc.mp4" -c copy

clip vp8.webm -c:v libvpx -b:v 300k -g 30 -auto-alt-ref 1 -lag-in-frames 16 -cpu-used 4
make vp8_alpha.webm -f lavfi -i "$small,format=yuva420p" -c:v libvpx -b:v 300k -g 30 -auto-alt-ref 0 -cpu-used 4
clip vp9.webm -c:v libvpx-vp9 -b:v 300k -g 30 -auto-alt-ref 1 -lag-in-frames 16 -cpu-used 5
clip vp9_layers.webm -c:v libvpx-vp9 -b:v 200k -g 80 -auto-alt-ref 6 -lag-in-frames 25 -cpu-used 3
clip vp9.mp4 -c:v libvpx-vp9 -b:v 300k -g 30 -cpu-used 5
clip vp9.ivf -c:v libvpx-vp9 -b:v 300k -g 30 -cpu-used 5
make vp9_odd.webm -f lavfi -i "$small,scale=175:143" -pix_fmt yuv420p -c:v libvpx-vp9 -b:v 300k -cpu-used 5
make vp9_444.webm -f lavfi -i "$small" -pix_fmt yuv444p -c:v libvpx-vp9 -b:v 300k -cpu-used 5
clip vp9_lossless.webm -t 1 -c:v libvpx-vp9 -lossless 1 -cpu-used 5
clip vp9_fine.webm -t 1.5 -c:v libvpx-vp9 -crf 4 -b:v 0 -cpu-used 4
clip vp9_coarse.webm -c:v libvpx-vp9 -crf 60 -b:v 0 -cpu-used 4 -auto-alt-ref 1 -lag-in-frames 16
clip vp9_segments.webm -c:v libvpx-vp9 -crf 35 -b:v 0 -aq-mode 1 -error-resilient 1 -cpu-used 5
make vp9_10.webm -f lavfi -i "$small" -t 1 -pix_fmt yuv420p10le -c:v libvpx-vp9 -crf 12 -b:v 0 -cpu-used 5
make vp9_12.webm -f lavfi -i "$small" -t 1 -pix_fmt yuv422p12le -c:v libvpx-vp9 -crf 4 -b:v 0 -cpu-used 5
make vp9_440.webm -f lavfi -i "$small" -t 1 -pix_fmt yuv440p -c:v libvpx-vp9 -crf 20 -b:v 0 -cpu-used 5
make vp9_tiles.webm -f lavfi -i "$small,scale=640:360" -t 1 -pix_fmt yuv420p -c:v libvpx-vp9 -b:v 600k -tile-columns 2 -tile-rows 1 -frame-parallel 1 -cpu-used 6
make vp9_tiny.webm -f lavfi -i "$small,scale=34:26" -pix_fmt yuv420p -c:v libvpx-vp9 -crf 15 -b:v 0 -cpu-used 5
clip av1.mp4 -c:v libaom-av1 -cpu-used 8 -b:v 300k -g 30
clip av1.mkv -c:v libsvtav1 -preset 12 -g 30
clip av1.obu -c:v libaom-av1 -cpu-used 8 -b:v 300k -g 30

clip mpeg4.avi -c:v mpeg4 -q:v 4 -g 12
clip mpeg4_b.avi -c:v mpeg4 -q:v 4 -g 15 -bf 2
clip mpeg4_b.mp4 -c:v mpeg4 -q:v 4 -g 15 -bf 2
clip mpeg4_b.mkv -c:v mpeg4 -q:v 4 -g 15 -bf 3
clip mpeg4_qpel.avi -c:v mpeg4 -q:v 4 -g 15 -bf 2 -flags +qpel
clip mpeg4_interlaced.avi -c:v mpeg4 -q:v 4 -g 15 -flags +ilme+ildct
clip mpeg4.m4v -c:v mpeg4 -q:v 4 -g 15 -bf 2
clip xvid.avi -c:v libxvid -q:v 4 -g 30
clip xvid_b.avi -c:v libxvid -q:v 4 -g 30 -bf 2
clip xvid_gmc.avi -c:v libxvid -q:v 4 -g 30 -bf 2 -gmc 1 -flags +qpel
make mpeg4_gaps.avi -f lavfi -i "$small,select='not(between(mod(n\,20)\,5\,8))'" -vsync vfr -pix_fmt yuv420p -c:v mpeg4 -q:v 4 -g 12
clip mpeg2.mpg -c:v mpeg2video -q:v 4 -g 12 -bf 2
clip mpeg2.ts -c:v mpeg2video -q:v 4 -g 12 -bf 2
clip mpeg2.mkv -c:v mpeg2video -q:v 4 -g 12 -bf 2
clip mpeg1.mpg -c:v mpeg1video -q:v 4 -g 12 -bf 2
clip msmpeg4v3.avi -c:v msmpeg4 -q:v 4 -g 12
clip msmpeg4v2.avi -c:v msmpeg4v2 -q:v 4 -g 12
clip wmv1.asf -c:v wmv1 -q:v 4 -g 12
clip wmv2.wmv -c:v wmv2 -q:v 4 -g 12
clip flv1.flv -c:v flv -q:v 4 -g 12
clip h263.3gp -c:v h263 -q:v 4 -g 12
clip theora.ogv -c:v libtheora -q:v 5 -g 30
clip mjpeg.avi -c:v mjpeg -q:v 4
clip mjpeg.mov -c:v mjpeg -q:v 4
make png.mov -f lavfi -i "$small" -pix_fmt rgb24 -c:v png
make ffv1.mkv -f lavfi -i "$small" -pix_fmt yuv422p10le -c:v ffv1 -g 12
make prores.mov -f lavfi -i "$small" -c:v prores_ks
make raw.avi -f lavfi -i "$small" -pix_fmt yuv420p -c:v rawvideo
make anim.gif -f lavfi -i "testsrc2=size=176x144:rate=10:duration=2"
rm -f "$dir/part-log"
echo "$(ls "$dir" | wc -l) clips in $dir, $failed left out"
