#!/usr/bin/env bash
# fuzz.sh PACKAGE... runs every fuzz target, one after the other, FUZZTIME each.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p .deps/log
log=.deps/log/fuzz.log

fuzz() { go test -run '^$' -fuzz "^$2\$" -fuzztime "${FUZZTIME:-10s}" "$1" 2>&1 | tee "$log"; }

# Before Go 1.27 the end of FUZZTIME can be taken for a failure, by a race in
# the fuzzing engine (go.dev/issue/75804): the whole message is then the
# deadline, and no failing input is written. Such a run tells nothing, so it is
# repeated. Everything else is a failure.
ended_by_race() {
  [ "$(sed -n '/^--- FAIL/,$p' "$log" | sed -n 2p)" = '    context deadline exceeded' ] &&
    ! grep -qiE 'failing input|panic|minimizing|native handles' "$log"
}

# targets DIR: the names of a package's fuzz targets. Asking `go test -list` for
# them would link the tests of every package.
targets() { cat "$1"/*_test.go 2>/dev/null | sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p'; }

ran=0
while read -r package dir; do
  for target in $(targets "$dir"); do
    for try in 1 2 3; do
      printf 'fuzz: %s %s\n' "$package" "$target"
      if fuzz "$package" "$target" </dev/null; then break; fi
      if [ "$try" = 3 ] || ! ended_by_race; then exit 1; fi
      printf 'fuzz: the end of the time was taken for a failure; once more\n'
    done
    ran=$((ran + 1))
  done
done < <(go list -f '{{.ImportPath}} {{.Dir}}' "$@")
printf 'fuzz: %d targets ran\n' "$ran"
[ "$ran" -gt 0 ]
