# Two commands do everything on a fresh Debian with python3, python3-venv and make: `make run` and `make test`.
.DEFAULT_GOAL := run
.PHONY: run test check lint types layers build bench golden docs agreement fixes-report pyz man fuzz mutate clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOURCES := linter parsers checks tests scripts

run: $(VENV)/installed  ## lint sample_configs/ and show the findings
	$(BIN)/tlslint --exit-zero sample_configs

test: $(VENV)/installed-dev  ## everything there is to prove
	$(BIN)/pytest

check: lint types layers build  ## before every commit

lint: $(VENV)/installed-dev
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)

# The three source folders install as one package; type checker and layer contracts want to see them as one.
build/plain/tlslint: $(shell find linter parsers checks -name '*.py' -o -name '*.json')
	rm -rf build/plain && mkdir -p build/plain
	cp -r linter $@ && cp -r parsers checks $@/
	find $@ -name __pycache__ -prune -exec rm -r {} +

types: $(VENV)/installed-dev build/plain/tlslint
	cd build/plain && MYPYPATH=. ../../$(BIN)/mypy --config-file ../../pyproject.toml -p tlslint

layers: $(VENV)/installed-dev build/plain/tlslint
	PYTHONPATH=build/plain $(BIN)/lint-imports

# The time of the last change, so that whoever builds the same commit gets the same bytes.
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 315532800)

build: $(VENV)/installed-dev
	rm -rf dist
	SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) $(BIN)/python -m build --outdir dist . >build/build.log 2>&1 || { cat build/build.log; exit 1; }
	SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) $(BIN)/python scripts/repack.py dist/*.tar.gz
	$(BIN)/python scripts/compare_distributions.py dist

bench: $(VENV)/installed-dev  ## ratios, side by side; see docs/performance.md
	$(BIN)/python scripts/bench.py

SECONDS ?= 60
fuzz: $(VENV)/installed-dev  ## every parser, writer, language and report under atheris for SECONDS each; see scripts/fuzz.py
	$(BIN)/pip install --quiet --disable-pip-version-check atheris
	for target in apache postfix dovecot courier openldap; do $(BIN)/python scripts/fuzz.py $$target $(SECONDS) || exit 1; \
	  $(BIN)/python scripts/fuzz.py $$target-fixes $(SECONDS) || exit 1; done
	for target in openssl gnutls certificates settings; do $(BIN)/python scripts/fuzz.py $$target $(SECONDS) || exit 1; done
	$(BIN)/python scripts/fuzz.py told

COUNT ?= 20
SEED ?= 1
mutate: $(VENV)/installed-dev  ## COUNT small faults, drawn by SEED, in MODULE: which does no test notice? See scripts/mutate.py
	$(BIN)/pip install --quiet --disable-pip-version-check cosmic-ray
	nice $(BIN)/python scripts/mutate.py $(MODULE) $(COUNT) $(SEED)

agreement: $(VENV)/installed-dev  ## how often the prediction is what the real server did
	$(BIN)/python scripts/agreement.py

fixes-report: $(VENV)/installed-dev  ## what --fix mends over the rules' examples (and FOLDERS of real configurations), and what it leaves
	$(BIN)/python scripts/fixes_report.py $(FOLDERS)

golden: $(VENV)/installed-dev  ## write the expected output of tests/golden anew; read the difference
	TLSLINT_GOLDEN=write $(BIN)/pytest -q tests/cli/test_golden.py

docs: $(VENV)/installed-dev  ## everything made from rules, settings and layouts, and the site of it in site/; no warning is let through
	$(BIN)/python scripts/build_docs.py
	$(BIN)/python -m scripts.build_schemas
	$(BIN)/python -m scripts.build_hooks
	$(BIN)/python -m scripts.build_screenshot
	$(BIN)/zensical build --clean --strict

man: $(VENV)/installed-dev  ## build/man: a manual page per command
	$(BIN)/python -m scripts.build_man build/man

pyz: $(VENV)/installed-dev  ## build/tlslint.pyz: one file that needs nothing but python3
	$(BIN)/python scripts/build_pyz.py build/tlslint.pyz

clean:
	rm -rf $(VENV) build dist site .cache *.egg-info

$(VENV)/created:
	@command -v $(PYTHON) >/dev/null || { echo "make: $(PYTHON) is missing: apt-get install python3" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: tlslint needs Python 3.11 or newer" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "make: the venv module is missing: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/installed: $(VENV)/created pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[certificates]'
	@touch $@

$(VENV)/installed-dev: $(VENV)/created pyproject.toml
	@mkdir -p build
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[certificates,history,dev]'
	@touch $@ $(VENV)/installed
