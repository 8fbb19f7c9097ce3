#!/usr/bin/env bash
# apply.sh SRC [PART...]
#
# Puts the project's parts of FFmpeg into the unpacked source tree SRC: all of
# them, or those named. README.md says what they are. It changes nothing and
# fails when a file that a part replaces, wraps or restates is not the one
# listed in replaces.sha256: the part would be written against other code.
set -euo pipefail
own=$(cd "$(dirname "$0")" && pwd)
src=$(cd "$1" && pwd)
shift
[ $# -gt 0 ] || set -- vp9block vp9dsp mpeg4 xvididct hpeldsp

if ! (cd "$src" && sha256sum --check --quiet "$own/replaces.sha256") >&2; then
  cat >&2 <<'END'
The FFmpeg files above are not the ones that the parts in decode/ffmpeg were written against. Compare them with
the version that decode/ffmpeg/source.sha256 names, adapt the parts, run `make differential sanitize`, then renew
decode/ffmpeg/replaces.sha256. PADAPTER_FFMPEG_PARTS=none builds FFmpeg without the parts: same frames, slower.
END
  exit 1
fi

# keep FILE... renames files of FFmpeg that the parts of the same name include.
keep() { local f; for f in "$@"; do mv "$src/libavcodec/$f.c" "$src/libavcodec/${f}_body.c"; done; }
add() { local f; for f in "$@"; do cp "$own/libavcodec/$f" "$src/libavcodec/$f"; done; }

for part in "$@"; do
  case $part in
  vp9block) # with the range decoder, which only VP8 would have by itself
    add vpx_rac.c vpx_rac.h
    keep vp9block
    add vp9block.c vp9block_bmi2.c vp9coefs.h vp9steps.c
    echo 'OBJS-$(CONFIG_VP9_DECODER) += vp9block_bmi2.o vp9steps.o' >>"$src/libavcodec/x86/Makefile"
    ;;
  vp9dsp)
    keep x86/vp9dsp_init
    add x86/vp9dsp_init.c x86/vp9lpf_avx2.h x86/vp9mc_avx2.h
    ;;
  mpeg4)
    keep mpeg4videodec
    add mpeg4videodec.c mpeg4_bits.h
    ;;
  xvididct)
    keep mpv_reconstruct_mb_template x86/xvididct_init
    add mpv_reconstruct_mb_template.c x86/xvididct_init.c x86/xvididct_avx2.h
    ;;
  hpeldsp)
    keep x86/hpeldsp_init
    add x86/hpeldsp_init.c
    ;;
  *)
    echo "FFmpeg has no part $part in decode/ffmpeg: vp9block, vp9dsp, mpeg4, xvididct, hpeldsp" >&2
    exit 1
    ;;
  esac
done
