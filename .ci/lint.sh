#!/usr/bin/env bash
# lint.sh runs every check over the checkout and fails when one did. It wants
# the environment of env.sh and the linters of deps/linters.sh.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
linters=$PWD/.deps/linters
failed=0
git ls-files >/dev/null || exit 1 # every list of files below comes from git

check() { # check NAME COMMAND...
  local name=$1 began=$SECONDS
  shift
  if "$@"; then printf 'lint: %s ok (%d s)\n' "$name" $((SECONDS - began))
  else printf 'lint: %s FAILED\n' "$name"; failed=1; fi
}

go_files() { git ls-files -co --exclude-standard '*.go' | while read -r file; do [ -e "$file" ] && printf '%s\n' "$file"; done; }

formatted() {
  local wrong
  wrong=$(go_files | xargs gofmt -l) || return 1
  [ -z "$wrong" ] || { printf 'not gofmt-formatted: %s\n' $wrong; return 1; }
}

# depguard matches absolute paths, so a room's name above the checkout would
# put every file into that room.
import_directions() {
  local room
  for room in manifests ingest decode sampler pipeline models cmd; do
    case $(dirname "$PWD")/ in
    */"$room"/*) echo "the checkout lies below a folder named $room, which the import rules cannot tell from the room; move it"; return 1 ;;
    esac
  done
  [ -e .depguard.yaml ] || { echo ".depguard.yaml is missing"; return 1; }
  "$linters/depguard" ./...
}

cgo_room() {
  local others
  others=$(go list -f '{{if .CgoFiles}}{{.ImportPath}}{{end}}' ./... | grep -vE '^padapter/(decode|models/backend/openvino$)')
  [ -z "$others" ] || { printf 'cgo outside decode and the OpenVINO engine: %s\n' $others; return 1; }
}

# Commands are flags in, one call, result out: what they do is in cmd/internal/jobs.
thin_commands() {
  local files lines started
  files=$(git ls-files -co --exclude-standard 'cmd/padapter/*.go' | grep -v '_test\.go$' | while read -r file; do [ ! -e "$file" ] || printf '%s\n' "$file"; done)
  [ -n "$files" ] || { echo "cmd/padapter holds no Go files"; return 1; }
  # shellcheck disable=SC2086
  lines=$(cat $files | wc -l)
  [ "$lines" -le 3000 ] || { echo "cmd/padapter has $lines lines without tests, more than 3000: move what commands do to cmd/internal/jobs"; return 1; }
  # shellcheck disable=SC2086
  started=$(grep -nE '^[[:space:]]*go (func\b|[A-Za-z_.]+\()|[[:space:](]make\(chan ' $files)
  [ -z "$started" ] || { printf 'concurrency in cmd/padapter; it belongs into cmd/internal/jobs: %s\n' "$started"; return 1; }
}

# The repository's top level is the architecture; nothing else may settle there.
top_level() {
  local extra
  extra=$(git ls-files -co --exclude-standard | cut -d/ -f1 | sort -u |
    grep -vxE '\..*|ingest|decode|sampler|pipeline|models|cmd|manifests|docs|go\.mod|go\.sum|Makefile|README\.md|CHANGELOG\.md|CONTRIBUTING\.md|SECURITY\.md|LICENSE|NOTICE')
  [ -z "$extra" ] || { printf 'not in the architecture: %s\n' $extra; return 1; }
}

# Shell scripts wherever they lie.
scripts() {
  git ls-files -co --exclude-standard | while read -r file; do
    if head -n 1 "$file" 2>/dev/null | tr -d '\0' | grep -q '^#!.*bash'; then printf '%s\n' "$file"; fi
  done
}
well_written() { scripts | xargs shellcheck -x -P SCRIPTDIR -S warning; }
shell_syntax() { for file in $(scripts) .ci/deps/*.sh; do bash -n "$file" || return 1; done; }

check 'top level' top_level
check gofmt formatted
check 'shell syntax' shell_syntax
if command -v shellcheck >/dev/null; then check shellcheck well_written; fi
# Patterns pass over folders that begin with a dot, so those are named.
own=(./.ci/testsummary ./.ci/doclinks ./.ci/deps/onnxruntime-release)
check 'go vet' go vet ./... "${own[@]}"
check staticcheck "$linters/staticcheck" ./... "${own[@]}"
check 'tests of .ci' go test "${own[@]}"
check 'links of pages' go run ./.ci/doclinks
check 'import directions' import_directions
check 'rooms with cgo' cgo_room
check 'thin commands' thin_commands
exit $failed
