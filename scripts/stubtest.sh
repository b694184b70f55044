#!/usr/bin/env bash
# Holds src/peelchain/_core.pyi against the built extension.
set -euo pipefail
cd "$(dirname "$0")/.."
PYTHONPATH=src MYPYPATH=src exec .venv/bin/stubtest peelchain._core \
  --mypy-config-file pyproject.toml --allowlist scripts/stubtest_allowed.txt
