# Everything is built into .venv, .validators, .electrumx, .verapdf, .btcd, ui/node_modules and target; `make clean` removes it.
# `make demo` and `make test` need nothing prepared but the prerequisites that `make install` checks.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
JOBS ?= 2
PYTEST_ARGS ?=

BIN := .venv/bin
STATIC := src/peelchain/web/static
PAGES := $(STATIC)/workbench/index.html
RUST_SOURCES := Cargo.toml Cargo.lock $(shell find rust -name '*.rs' -o -name 'Cargo.toml')
UI_SOURCES := ui/package.json ui/vite.report.ts ui/vite.workbench.ts ui/tsconfig.json \
              src/peelchain/case/report/en.toml src/peelchain/case/report/es.toml \
              $(shell find ui/build ui/report ui/src ui/texts ui/workbench -type f)
# The bindings are a Python extension: they link only when Python loads them, so they have no test
# binary of their own. The Python tests run them.
RUST_TESTED := --workspace --exclude peelchain-py

.PHONY: help
help: ## Say what each target does
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | \
	  while IFS=$$'\t' read -r name what; do printf '  make %-14s %s\n' "$$name" "$$what"; done

# --- set up ---

.PHONY: install
install: .venv/.installed $(PAGES) ## Build everything into .venv (runs by itself before the rest)

.PHONY: prerequisites
prerequisites:
	@scripts/prerequisites.sh "$(PYTHON)"

.venv/.dependencies: requirements.lock | prerequisites
	@echo "install: Python packages of requirements.lock into .venv"
	@test -x $(BIN)/python || "$(PYTHON)" -m venv .venv
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	@touch $@

.venv/.installed: .venv/.dependencies pyproject.toml $(RUST_SOURCES) | prerequisites
	@echo "install: the Rust kernels and peelchain into .venv (the first build takes minutes)"
	@# The first command shows cargo's progress, which pip would hide; the second finds it all built.
	@$(BIN)/maturin develop --release --locked --skip-install
	@PATH="$$PWD/.venv/bin:$$PATH" $(BIN)/python -m pip install --quiet --no-index --no-deps \
	  --no-build-isolation --editable .
	@touch $@

# PDF/A and PDF/UA are checked by veraPDF where there is Java; without it those tests skip, saying so.
.PHONY: .verapdf
.verapdf: .verapdf/.installed
.verapdf/.installed: scripts/verapdf/pom.xml
	@if ! command -v java >/dev/null || ! command -v mvn >/dev/null; then \
	  echo "install: no veraPDF, for there is no Java with Maven (apt-get install maven)"; \
	else echo "install: veraPDF into .verapdf"; \
	  mvn -q -B -f scripts/verapdf/pom.xml dependency:copy-dependencies \
	    -DoutputDirectory="$$PWD/.verapdf" && touch $@ || \
	  echo "install: veraPDF could not be fetched; 'make .verapdf' tries again"; fi

# The workbench is tested in a real browser; where none can be had those tests skip, saying so.
.PHONY: .chromium
.chromium:
	@scripts/install_chromium.sh

# A real node to fetch blocks from and to follow; where it cannot be built those tests skip, saying so.
.PHONY: .btcd
.btcd:
	@scripts/install_btcd.sh

ui/node_modules/.installed: ui/package-lock.json ui/package.json | prerequisites
	@echo "install: Node packages of ui/package-lock.json"
	@cd ui && npm ci --silent
	@touch $@

# One build makes both pages, $(STATIC)/report.html among them.
$(PAGES): ui/node_modules/.installed $(UI_SOURCES)
	@echo "install: the report page and the workbench"
	@cd ui && npm run --silent build
	@touch $@

# What checks the formats of other systems needs ICU and is not all permissive: it has an environment
# of its own, which the package never sees.
.validators/.installed: validators.lock | prerequisites
	@echo "install: the validators of validators.lock into .validators"
	@scripts/install_icu.sh
	@test -x .validators/bin/python || "$(PYTHON)" -m venv .validators
	@.validators/bin/python -m pip install --quiet --require-hashes -r validators.lock
	@touch $@

# The tests ask a real Electrum server, in an environment of its own. Where there is no wheel of its
# database for this Python those tests skip, saying so.
.electrumx/.installed: electrumx.lock | prerequisites
	@echo "install: the Electrum server of electrumx.lock into .electrumx"
	@test -x .electrumx/bin/python || "$(PYTHON)" -m venv .electrumx
	@.electrumx/bin/python -m pip install --quiet --only-binary :all: --no-binary e-x --require-hashes \
	  -r electrumx.lock && touch $@ || \
	  echo "install: ElectrumX could not be installed; 'make .electrumx/.installed' tries again"

# --- use ---

.PHONY: demo
demo: install ## Run the main job on a simulated chain; leaves its results in demo/
	@scripts/demo.sh

.PHONY: bench
bench: install ## Run the benchmarks and save their results under bench/results
	@for script in bench/bench_*.py; do \
	  echo "$$script"; $(BIN)/python -m "bench.$$(basename "$$script" .py)"; done

# --- check ---

.PHONY: lint lint-python lint-rust lint-ui
lint: lint-python lint-rust lint-ui ## Format, lint, types, import contract

lint-python: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

lint-rust: install
	cargo fmt --all --check
	cargo clippy --quiet --locked --release --workspace --exclude peelchain-py --all-targets -- -D warnings
	cargo clippy --quiet --locked --release --package peelchain-py -- -D warnings

lint-ui: ui/node_modules/.installed
	cd ui && npm run --silent check

.PHONY: format
format: install ## Rewrite the sources in the house format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	cargo fmt --all

.PHONY: check
check: lint ## Lint, then the quick Python tests (the stub test among them)
	$(BIN)/pytest -n $(JOBS) -m "not slow" $(PYTEST_ARGS)

.PHONY: test
test: lint licences advisories test-rust test-ui test-python ## Everything

# A parallel `make -j test` would interleave the output of the parts and share the two cores badly.
.NOTPARALLEL:

.PHONY: test-rust test-ui test-python
test-rust: install
	cargo test --quiet --locked --release $(RUST_TESTED)

test-ui: $(PAGES)
	cd ui && npm run --silent test

test-python: install .validators/.installed .electrumx/.installed .verapdf/.installed .chromium .btcd
	$(BIN)/pytest -n $(JOBS) $(PYTEST_ARGS)

.PHONY: licences advisories
licences: install ## Hold every dependency's licence against deny.toml (offline)
	$(BIN)/python scripts/check_licences.py

advisories: install ## Look for published advisories, or say why that could not be done
	@scripts/check_advisories.sh

# --- keep ---

.PHONY: lock
lock: .venv/.dependencies ## Write the lockfiles anew from pyproject.toml, Cargo.toml and package.json
	$(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --all-extras \
	  --group dev --generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links \
	  --custom-compile-command "make lock" --output-file requirements.lock
	$(BIN)/uv pip compile validators.in --quiet --universal --python-version 3.11 \
	  --generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links \
	  --custom-compile-command "make lock" --output-file validators.lock
	$(BIN)/uv pip compile electrumx.in --quiet --universal --python-version 3.11 \
	  --generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links \
	  --custom-compile-command "make lock" --output-file electrumx.lock
	cargo update --workspace
	cd ui && npm install --package-lock-only --silent

.PHONY: schema-page
schema-page: install ## Render docs/schema.md from peelchain.schema
	$(BIN)/python scripts/render_schema.py > docs/schema.md

.PHONY: commands-page
commands-page: install ## Render docs/commands.md from the command line and docs/commands.toml
	$(BIN)/python scripts/render_commands.py > docs/commands.md.new
	mv docs/commands.md.new docs/commands.md

.PHONY: cases-page
cases-page: install ## Simulate the cases and render docs/methods/cases.md
	$(BIN)/python scripts/render_cases.py

.PHONY: guide
guide: install .chromium ## Walk the model case in a browser and take the guide's screenshots anew
	PEELCHAIN_SCREENSHOTS=1 $(BIN)/pytest tests/web/test_walk.py

.PHONY: clean
clean: ## Remove everything that make built
	rm -rf .venv .validators .electrumx .verapdf .btcd target demo dist ui/node_modules src/peelchain/web/static
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src -name '_core*.so' -delete
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
