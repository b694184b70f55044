#!/usr/bin/env bash
# Names every missing prerequisite and the command that installs it; exits 1 if there is one.
# usage: prerequisites.sh PYTHON
set -euo pipefail
cd "$(dirname "$0")/.."

python="${1:-python3}"
node_at_least="20.19"
rust_at_least="$(sed -nE 's/^rust-version = "(.*)"/\1/p' Cargo.toml)"
missing=0

lack() { # WHAT, COMMAND
  printf 'missing: %s\n  install it with: %s\n' "$1" "$2" >&2
  missing=1
}

at_least() { # FOUND WANTED: true when version FOUND is WANTED or later
  [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]
}

if ! command -v "$python" >/dev/null; then
  lack "Python 3.11 or later ($python)" "apt-get install python3 python3-venv"
elif ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  lack "Python 3.11 or later ($python is $("$python" -V 2>&1))" \
    "apt-get install python3.11 python3.11-venv, then make PYTHON=python3.11 ..."
elif ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  lack "Python's venv module" "apt-get install python3-venv"
fi

if ! command -v cargo >/dev/null; then
  lack "Rust $rust_at_least or later (cargo)" "apt-get install rustup && rustup default stable"
else
  found="$(cargo --version | cut -d ' ' -f 2)"
  at_least "$found" "$rust_at_least" ||
    lack "Rust $rust_at_least or later (cargo is $found)" "rustup update stable"
fi

if ! command -v cc >/dev/null; then
  lack "a C linker (cc)" "apt-get install build-essential"
fi

if ! command -v node >/dev/null; then
  lack "Node $node_at_least or later" "apt-get install nodejs npm"
else
  found="$(node --version | tr -d v)"
  at_least "$found" "$node_at_least" ||
    lack "Node $node_at_least or later (node is $found)" "apt-get install nodejs npm, from a release that has it"
  command -v npm >/dev/null || lack "npm" "apt-get install npm"
fi

exit "$missing"
