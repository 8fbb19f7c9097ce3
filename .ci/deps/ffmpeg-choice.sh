#!/usr/bin/env bash
# Prints which FFmpeg 7 this machine builds against:
#
#   system   pkg-config finds one by itself
#   brew     Homebrew's ffmpeg@7, whose .pc files lie off the default path
#   static   the one that ffmpeg.sh builds into .deps/ffmpeg
#
# PADAPTER_FFMPEG=static chooses the built one wherever it can be built.
set -euo pipefail

if [ "${PADAPTER_FFMPEG:-}" = static ]; then echo static; exit; fi

# Our own build must not pass for the system's in a shell that env.sh set up.
path=$(printf '%s' "${PKG_CONFIG_PATH:-}" | tr ':' '\n' | grep -v '/\.deps/ffmpeg/' | paste -sd: - || true)
if PKG_CONFIG_PATH=$path pkg-config --exists \
  'libavcodec >= 61 libavcodec < 62' libavdevice libavfilter libavformat libswresample libswscale 2>/dev/null; then
  echo system
elif [ "$(uname -s)" = Darwin ]; then echo brew
else echo static; fi
