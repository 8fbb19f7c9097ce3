#!/usr/bin/env bash
# Go, at least the version that go.mod names. Where PATH has that, nothing is
# done. An older Go, from 1.21 on, fetches the named version through the module
# proxy. Where there is none, the distribution's is unpacked below .deps/go to
# do that, on Debian 12 the next release's. The outcome is .deps/go/root, which
# env.sh puts on PATH.
. "$(dirname "$0")/stamp.sh"

want=$(sed -n 's/^go //p' "$root/go.mod")
by_hand="install Go $want or newer and put it on PATH"

# at_least A B: is version A the same as B or newer?
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }
found() { (cd / && GOEXPERIMENT='' GOTOOLCHAIN=local "$1" env GOVERSION 2>/dev/null | sed 's/^go//; s/[ -].*//'); }

if command -v go >/dev/null && at_least "$(found go)" "$want"; then exit 0; fi

[ -x "$deps/go/root/bin/go" ] || rm -rf "$deps/go" # the module cache was emptied
stamp_begin go "$want"

work=$deps/work/go
rm -rf "$work"
mkdir -p "$work/out"

# from_distribution unpacks the distribution's Go and sets starter to it.
from_distribution() {
  local ID='' VERSION_ID='' VERSION_CODENAME='' suite package deb
  . /etc/os-release 2>/dev/null || true
  case $ID/$VERSION_ID in
  debian/12) suite=trixie package=golang-1.24-go ;;
  debian/13) suite=trixie package=golang-1.24-go ;;
  ubuntu/*) suite=$VERSION_CODENAME package=golang-1.22-go ;;
  *) die "Go is missing; $by_hand" ;;
  esac
  say "Go: fetching the distribution's $package ($suite)"
  . "$(dirname "$0")/private-apt.sh"
  private_apt_open "$work/apt" deb "$suite" || die "Go is missing and $package cannot be had; $by_hand"
  (cd "$work" && "${apt[@]}" download "$package" "${package%-go}-src" >&2) || die "Go is missing and $package cannot be had; $by_hand"
  for deb in "$work"/*.deb; do dpkg-deb -x "$deb" "$work/out"; done
  starter=$(ls "$work"/out/usr/lib/go-*/bin/go)
}

if command -v go >/dev/null && at_least "$(found go)" 1.21; then starter=go
elif [ "$(uname -s)" = Darwin ]; then
  brew install go >&2 || die "Go is missing; $by_hand"
  starter=$(brew --prefix go)/bin/go
else from_distribution; fi

say "Go: fetching go$want through the module proxy"
goroot=$(cd / && GOEXPERIMENT='' GOTOOLCHAIN=go$want "$starter" env GOROOT) || die "Go $want could not be fetched; $by_hand"
ln -s "$goroot" "$work/out/root"
stamp_end "$work/out"
rm -rf "$work"
