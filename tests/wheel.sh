#!/usr/bin/env bash
# A wheel built from this folder, installed into an empty environment, must index and answer elsewhere.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$root/.venv/bin/python" -m build --wheel --quiet --outdir "$work/dist" "$root"
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --constraint "$root/constraints.txt" "$work"/dist/*.whl
mkdir "$work/clippings" "$work/elsewhere"
cp "$root"/seeds/*.txt "$work/clippings/"
cd "$work/elsewhere"
"$work/venv/bin/citedesk" index "$work/clippings"
"$work/venv/bin/citedesk" ask "What did Ukraine recapture in the Black Sea?" | tee answer.txt
grep -q "oil and gas platform" answer.txt
echo "wheel: ok"
