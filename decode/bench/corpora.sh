#!/bin/sh
# Builds the corpora of the decoding benchmark with the ffmpeg program on PATH:
#   decode/bench/corpora.sh DIR SOURCE [CLIPS]
# SOURCE is a natural video of at least 10 seconds; each clip is another crop,
# mirroring and speed of it. Without SOURCE ('-') a moving fractal with noise
# stands in. CLIPS a corpus, default 12.
set -eu
dir=${1:?usage: corpora.sh DIR SOURCE [CLIPS]}
source=${2:--}
clips=${3:-12}

input() { # filter chain for clip number $1, WIDTHxHEIGHT, rate, seconds
    n=$1 width=$2 height=$3 rate=$4 seconds=$5
    zoom=$((70 + n * 5 % 30))
    flip=$([ $((n % 2)) = 0 ] && echo hflip, || echo)
    chain="${flip}crop=iw*$zoom/100:ih*$zoom/100:iw*(100-$zoom)/100*$((n % 3))/2:ih*(100-$zoom)/100*$((n % 4))/3"
    chain="$chain,setpts=PTS*$((90 + n * 7 % 25))/100,fps=$rate,scale=$width:$height,setsar=1"
    if [ "$source" = - ]; then
        set -- -f lavfi -i "mandelbrot=size=640x480:rate=25:start_scale=$((n + 1)),noise=alls=6:allf=t"
    else
        set -- -stream_loop 2 -i "$source"
    fi
    ffmpeg -nostdin -v error -y "$@" -vf "$chain" -t "$seconds" -an -pix_fmt yuv420p $encode "$out"
}

corpus() { # name, extension, WIDTH, HEIGHT, rate, seconds, encoder arguments
    name=$1 ext=$2 width=$3 height=$4 rate=$5 seconds=$6 encode=$7
    mkdir -p "$dir/$name"
    i=0
    while [ $i -lt "$clips" ]; do
        out=$dir/$name/clip$(printf %02d $i).$ext
        [ -s "$out" ] || { out=$dir/part.$ext; input $i $width $height $rate $seconds; mv "$out" "$dir/$name/clip$(printf %02d $i).$ext"; }
        i=$((i + 1))
    done
    echo "$dir/$name: $clips clips, $(du -sh "$dir/$name" | cut -f1)"
}

corpus h264 mp4 340 256 30 10 '-c:v libx264 -preset medium -crf 21 -g 250 -bf 3'
corpus vp9 webm 428 240 12 4 '-c:v libvpx-vp9 -crf 30 -b:v 0 -g 128 -cpu-used 3 -auto-alt-ref 1 -lag-in-frames 16'
corpus mpeg4 avi 320 240 25 3 '-c:v libxvid -q:v 4 -bf 2 -g 250'
corpus av1 mp4 340 256 25 4 '-c:v libsvtav1 -preset 9 -crf 32 -g 100'
clips=$((clips / 4 > 0 ? clips / 4 : 1))
corpus hevc1080 mp4 1920 1080 30 4 '-c:v libx265 -preset ultrafast -crf 26 -g 90 -x265-params log-level=error'
