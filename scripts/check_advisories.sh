#!/usr/bin/env bash
# Looks for published security advisories against the locked dependencies, with the ecosystem's own
# tool where it is installed and its database can be had. Fails only on a finding; a check that
# could not run says so and passes, because an air-gapped build must.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH"

found=0
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
not_run() { printf 'advisory check not run: %s: %s\n' "$1" "$2"; }
clean() { printf 'advisory check: %s: nothing found\n' "$1"; }
finding() {
  printf 'advisory check: %s: FOUND\n' "$1"
  cat "$2"
  found=1
}

if ! command -v cargo-deny >/dev/null; then
  not_run Rust "cargo-deny is not installed; 'cargo install --locked cargo-deny' installs it"
elif ! timeout 120 cargo deny fetch db >"$scratch/rust" 2>&1; then
  not_run Rust "the advisory database could not be fetched"
elif cargo deny --offline check advisories >"$scratch/rust" 2>&1; then
  clean Rust
else
  finding Rust "$scratch/rust"
fi

if ! command -v pip-audit >/dev/null; then
  not_run Python "pip-audit is not installed; 'pip install pip-audit' installs it"
elif timeout 120 pip-audit --disable-pip --require-hashes -r requirements.lock --format json \
  >"$scratch/python" 2>"$scratch/python.log"; then
  clean Python
elif grep -q '"dependencies"' "$scratch/python"; then
  finding Python "$scratch/python"
else
  not_run Python "the advisory service did not answer"
fi

# npm exits 1 on a finding and on no answer alike; only an answer has the report's version.
if (cd ui && timeout 120 npm audit --json --package-lock-only) \
  >"$scratch/node" 2>/dev/null; then
  clean Node
elif grep -q '"auditReportVersion"' "$scratch/node"; then
  finding Node "$scratch/node"
else
  not_run Node "the advisory service did not answer"
fi

exit "$found"
