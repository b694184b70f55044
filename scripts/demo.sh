#!/usr/bin/env bash
# The whole model case, on a chain that peelchain simulates: from the addresses seen on a site to
# what is left for forfeiture, compared with the truth in the end. Writes demo/ anew.
set -euo pipefail
cd "$(dirname "$0")/.."

python=.venv/bin/python
peelchain=.venv/bin/peelchain
steps=15
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

say "load the tags of known services, their jurisdictions and the exchange rates"
"$peelchain" tags import demo/node/tagpack.yaml demo/node/actorpack.yaml --store demo/store
"$peelchain" rates import demo/node/rates.csv --store demo/store

say "investigate the addresses seen on the site: trace both ways, report, bundle"
"$peelchain" investigate @demo/node/observed.txt --store demo/store --case demo/case \
  --title "Pay site" --subject "pay site" --date 2024-01-31T12:00:00Z >demo/summary.txt

say "verify the evidence bundle as the other side would: unpacked, with Python alone"
"$python" -m zipfile -e demo/case/bundle.zip demo/unpacked
"$python" -I -S demo/unpacked/case/verify.py --expect "$(cat demo/case/digest.txt)"

say "what was found"
cat demo/summary.txt

"$python" scripts/model_case.py demo "$step" "$steps"
step=$((steps - 1))

say "compare everything with the truth"
"$python" -m tests.oracle.case_work demo

cat >&2 <<'END'

The case lies open in the workbench; this prints the address of its page (docs/guide says more):
  .venv/bin/peelchain serve --store demo/store --cases demo
END
