# Everything this repository needs is set up by these targets: git, make and Python 3.12 or
# newer are enough to start. `make help` lists them.

SHELL := /bin/bash
.DEFAULT_GOAL := help

# Interpreters that pyenv installed but nobody activated are found here; elsewhere this adds nothing.
PYENV_BINS := $(wildcard $(or $(PYENV_ROOT),$(HOME)/.pyenv)/versions/3.1[234]*/bin)
empty :=
space := $(empty) $(empty)
export PATH := $(PATH)$(if $(PYENV_BINS),:$(subst $(space),:,$(PYENV_BINS))):$(CURDIR)/.uv/bin

# The first interpreter that is new enough. A name that only looks like one (a pyenv shim) is skipped.
FIND_PYTHON = for python in python3.13 python3.14 python3.12 python3 $(addsuffix /python3,$(PYENV_BINS)); do \
	if "$$python" -c 'import sys, venv; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; \
	then echo "$$python"; exit; fi; done

UV := .uv/bin/uv
RUN := $(UV) run --no-sync
STAMP := .venv/.synced
PYTEST := $(RUN) pytest -n auto --maxprocesses 4 --dist worksteal

# Kept apart from the environment of whoever calls make: another project's active virtual
# environment must not be used for this one.
unexport VIRTUAL_ENV
unexport UV_PROJECT_ENVIRONMENT
# The tools here start twice as fast with bytecode.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(UV):
	@python="$$($(FIND_PYTHON))"; \
	if [ -z "$$python" ]; then \
	  echo "Python 3.12 or newer (with its venv module) was not found. Install it and run make again." >&2; exit 1; fi; \
	echo "Installing uv into .uv with $$python"; \
	"$$python" -m venv .uv && .uv/bin/pip install --quiet --disable-pip-version-check 'uv>=0.11,<1'

$(STAMP): pyproject.toml $(wildcard uv.lock) | $(UV)
	@python="$$($(FIND_PYTHON))"; echo "Setting up .venv with $$python"; \
	$(UV) sync --quiet --python "$$python"
	@touch $@

.PHONY: setup
setup: $(STAMP) ## Install uv and the tools of this repository into .uv and .venv

.PHONY: demo
demo: $(STAMP) ## Generate a service, check it, deploy it locally and send it an order (DEST=, ANSWERS=)
	@.venv/bin/python -m tools.demo $(if $(DEST),--dest "$(DEST)") $(if $(ANSWERS),--answers "$(ANSWERS)")

.PHONY: test
test: $(STAMP) ## Run the template's tests (the slow matrices in part)
	$(PYTEST) $(ARGS)

.PHONY: test-all
test-all: $(STAMP) ## Run the template's tests and every slow matrix in full
	$(PYTEST) -m '' $(ARGS)

.PHONY: lint
lint: $(STAMP) ## Check formatting, lint and types of this repository's own code
	$(RUN) ruff format --check .
	$(RUN) ruff check .
	$(RUN) mypy

.PHONY: format
format: $(STAMP) ## Format this repository's own code
	$(RUN) ruff format .
	$(RUN) ruff check --fix .

.PHONY: practices
practices: $(STAMP) ## Write docs/practices.md and its summary from practices.yml (ARGS=--check only checks)
	@.venv/bin/python -m tools.practices $(ARGS)

.PHONY: size
size: $(STAMP) ## Print the files and lines of a generated project by owner (ANSWERS=)
	@.venv/bin/python -W ignore -m tools.size $(if $(ANSWERS),--answers "$(ANSWERS)")

.PHONY: release
release: $(STAMP) ## Check that everything agrees, then record, commit and tag VERSION=x.y.z (ARGS=--check only checks)
	@.venv/bin/python -m tools.release "$(VERSION)" $(ARGS)

.PHONY: clean
clean: ## Remove everything these targets made
	rm -rf .uv .venv .pytest_cache .ruff_cache .mypy_cache .hypothesis build demo
	find tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
