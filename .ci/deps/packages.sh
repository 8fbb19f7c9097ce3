#!/usr/bin/env bash
# packages.sh [PROGRAM...]
#
# Installs the distribution's packages that a build needs, and those of the
# extra programs asked for. Everything is probed for, not assumed: a machine
# that has it all is asked for nothing and stays as it was.
. "$(dirname "$0")/stamp.sh"

has() { command -v "$1" >/dev/null; }
library() { has pkg-config && pkg-config --exists "$1"; }

case $(uname -s) in
Darwin)
  has cc || die "there is no C compiler; run: xcode-select --install"
  has brew || die "Homebrew is missing; install it, or install pkg-config and FFmpeg 7 yourself"
  has pkg-config || brew install pkgconf
  exit 0
  ;;
Linux) ;;
*) die "only Linux and macOS are supported, not $(uname -s)" ;;
esac

if [ "$(id -u)" = 0 ]; then sudo=
elif has sudo && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then sudo=sudo
else sudo=none; fi

mkdir -p "$deps/log"
log=$deps/log/packages.log
apt_install() { # apt_install PACKAGE... exits with one message when it cannot
  [ $# -gt 0 ] || return 0
  has apt-get || die "missing, and there is no apt-get here to install it with: $*"
  [ "$sudo" != none ] || die "packages are missing; run as root: apt-get install $*"
  say "installing packages: $*"
  if ! {
    apt_update && $sudo env DEBIAN_FRONTEND=noninteractive \
      apt-get -qq -o DPkg::Lock::Timeout=300 install --no-install-recommends -y "$@"
  } >>"$log" 2>&1; then
    tail -n 10 "$log" >&2
    die "the packages could not be installed (log: .deps/log/packages.log); run as root: apt-get install $*"
  fi
}
updated=no
apt_update() {
  [ $updated = yes ] || { $sudo apt-get -qq update && updated=yes; }
}

need=()
has git || need+=(git)
has make || need+=(make)
{ has gcc || has cc; } || need+=(gcc libc6-dev)
has pkg-config || need+=(pkg-config)
has openssl || need+=(openssl)
has flock || need+=(util-linux)
# pip fetches OpenVINO's libraries. Where it cannot be installed, another engine is used.
if [ "$(uname -m)" = x86_64 ] && ! python3 -m pip --version >/dev/null 2>&1 && has apt-get && [ "$sudo" != none ]; then need+=(python3-pip); fi
for program in "$@"; do
  case $program in xxhsum) package=xxhash ;; ip) package=iproute2 ;; *) package=$program ;; esac
  has "$program" || need+=("$package")
done
[ ! -d /etc/ssl/certs ] || [ -n "$(ls /etc/ssl/certs)" ] || need+=(ca-certificates)

# ffmpeg_packages names what FFmpeg needs: its development files where the
# distribution's FFmpeg is 7, else what building one asks for.
ffmpeg_packages() {
  [ "$("$root/.ci/deps/ffmpeg-choice.sh")" = static ] || return 0
  if [ "${PADAPTER_FFMPEG:-}" != static ] && [ ! -e "$deps/ffmpeg/.stamp" ] && has apt-get; then
    local offered
    offered=$(LC_ALL=C apt-cache policy libavcodec-dev 2>/dev/null | sed -n 's/^  Candidate: *//p')
    if [ -z "$offered" ] && [ "$sudo" != none ]; then # no package lists yet, as in a fresh container
      apt_update >>"$log" 2>&1 || true
      offered=$(LC_ALL=C apt-cache policy libavcodec-dev 2>/dev/null | sed -n 's/^  Candidate: *//p')
    fi
    case $offered in
    *:7.*)
      need+=(libavcodec-dev libavdevice-dev libavfilter-dev libavformat-dev libavutil-dev libswresample-dev libswscale-dev)
      return 0
      ;;
    esac
  fi
  library zlib || need+=(zlib1g-dev)
  library dav1d || need+=(libdav1d-dev)
  [ -e "$deps/ffmpeg/.stamp" ] && return 0
  has nasm || need+=(nasm)
  has xz || need+=(xz-utils)
}
ffmpeg_packages

[ ${#need[@]} -eq 0 ] && exit 0
take_lock packages
apt_install "${need[@]}"
