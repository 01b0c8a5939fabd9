# The two commands that matter are `make demo` and `make test`. Both make their environment in .venv first.

PYTHON ?= python3
PIP := .venv/bin/python -m pip --disable-pip-version-check
DOCS ?=
DATA ?= .demo
PART ?=

.PHONY: demo test test-slow lint format lock docs clean

demo: .venv/installed  ## ingest the example documents (or DOCS=/path), serve them, show a search
	.venv/bin/python -m examples.demo --data-dir $(DATA) $(if $(DOCS),--docs "$(DOCS)")

# Two sessions side by side: those that use the shared cluster wait for its processes half of their time. What failed in
# either is named again in the last lines. One thread for linear algebra: two would wait for each other, spinning.
test: SHELL := bash
test: export OMP_NUM_THREADS = 1
test: export OPENBLAS_NUM_THREADS = 1
test: .venv/installed lint  ## all tests but the slow ones
	@.venv/bin/python -m pytest -m "not slow and not ray" >.venv/without-ray.log 2>&1 & beside=$$!; \
	set -o pipefail; .venv/bin/python -m pytest -m "not slow and ray" 2>&1 | tee .venv/with-ray.log; with_ray=$$?; \
	wait $$beside; without_ray=$$?; tail -n 40 .venv/without-ray.log; \
	grep -hE '^(RERUN|FAILED|ERROR) ' .venv/with-ray.log .venv/without-ray.log; \
	exit $$((with_ray | without_ray))

test-slow: .venv/installed  ## the rest: all views of the page, crashes, scale, long runs (PART=tests/serving for a part)
	.venv/bin/python -m pytest -m slow $(PART)

lint: .venv/installed  ## style, types, and who may import whom
	.venv/bin/ruff check --quiet .
	.venv/bin/ruff format --check --quiet .
	.venv/bin/mypy --no-error-summary
	.venv/bin/lint-imports --no-logo >.venv/lint-imports.log || { cat .venv/lint-imports.log; exit 1; }

format: .venv/installed
	.venv/bin/ruff check --fix --quiet .
	.venv/bin/ruff format --quiet .

docs: .venv/installed  ## write the reference pages anew from the code
	.venv/bin/python -m docs.generate

# torch comes first and alone: with its exact version installed, nothing after it asks for another build.
.venv/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "ray-app needs Python 3.11 or newer; name one with make PYTHON=...")'
	test -x .venv/bin/python || $(PYTHON) -m venv .venv
	$(PIP) install --quiet $$(grep '^torch==' requirements.lock)
	$(PIP) install --quiet -r requirements.lock
	$(PIP) install --quiet --no-deps -e .
	touch $@

lock: .venv/installed  ## pin anew what pyproject.toml allows (UPGRADE=--upgrade for newer versions)
	$(PIP) install --quiet pip-tools
	.venv/bin/pip-compile --quiet $(UPGRADE) --extra dev --strip-extras --no-annotate --no-header --allow-unsafe \
	    --no-emit-index-url --no-emit-find-links --no-emit-options --no-emit-trusted-host \
	    --output-file requirements.lock pyproject.toml
	sed -i 's/^\(torch==[0-9.]*\)+.*/\1/' requirements.lock

clean:
	rm -rf .venv .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
