#!/usr/bin/env bash
# The main job from end to end, on a chain that peelchain simulates. Writes demo/ anew.
set -euo pipefail
cd "$(dirname "$0")/.."

peelchain=.venv/bin/peelchain
steps=7
step=0
say() {
  step=$((step + 1))
  printf '\n[%d/%d] %s\n' "$step" "$steps" "$1" >&2
}

rm -rf demo
mkdir demo

say "simulate an economy and write it as a Bitcoin Core data directory: demo/node"
"$peelchain" simulate --seed 7 --blocks 1500 --out demo/node

say "ingest the chain from its block files: demo/store"
"$peelchain" chain ingest core:demo/node --store demo/store

say "cluster the addresses"
"$peelchain" cluster run --store demo/store

say "load the tags of known services and the exchange rates"
"$peelchain" tags import demo/node/tagpack.yaml --store demo/store
"$peelchain" rates import demo/node/rates.csv --store demo/store

say "investigate the addresses seen on the site: trace both ways, report, bundle"
"$peelchain" investigate @demo/node/observed.txt --store demo/store --case demo/case \
  --title "Pay site" --subject "pay site" --date 2024-01-31T12:00:00Z >demo/summary.txt

say "verify the evidence bundle as the other side would: unpacked, with Python alone"
.venv/bin/python -m zipfile -e demo/case/bundle.zip demo/unpacked
.venv/bin/python -I -S demo/unpacked/case/verify.py --expect "$(cat demo/case/digest.txt)"

say "what was found"
cat demo/summary.txt
