#!/usr/bin/env bash
# Makes requirements.lock anew: pip chooses the versions and downloads what it
# would install (3 GB), and the lock holds the name, version and SHA-256 of each
# file. Run with CPython 3.11 on x86-64 Linux.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"${PYTHON:-python3.11}" -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --dry-run --ignore-installed --only-binary :all: \
  --report "$work/report.json" -r requirements.in
"$work/venv/bin/python" - "$work/report.json" >"$work/lock" <<'PYTHON'
import json
import sys

with open(sys.argv[1]) as f:
    chosen = json.load(f)["install"]
for entry in sorted(chosen, key=lambda e: e["metadata"]["name"].lower()):
    hashes = entry["download_info"]["archive_info"]["hashes"]
    print(f"{entry['metadata']['name'].lower()}=={entry['metadata']['version']} --hash=sha256:{hashes['sha256']}")
PYTHON
mv "$work/lock" requirements.lock
