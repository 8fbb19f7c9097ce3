#!/usr/bin/env bash
# fuzz.sh PACKAGE... runs every fuzz target, one after the other, FUZZTIME each.
set -euo pipefail
cd "$(dirname "$0")/.."
ran=0
for package in $(go list "$@"); do
  for target in $(go test -list '^Fuzz' "$package" | grep '^Fuzz' || true); do
    printf 'fuzz: %s %s\n' "$package" "$target"
    go test -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZTIME:-10s}" "$package"
    ran=$((ran + 1))
  done
done
printf 'fuzz: %d targets ran\n' "$ran"
