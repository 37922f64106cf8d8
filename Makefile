# One verb, one line. Each installs what it needs first and does nothing twice.
.DEFAULT_GOAL := help
.PHONY: help audit docs run test test-services check soak bench e2e train shots demo-scrape clean
.PHONY: install install-train install-dev browser python

PYTHON ?= python3
RECIPE ?= recipes/lite2.toml
COVERAGE ?= 1
# The verbs are for development, unless the environment or .env says otherwise.
ifeq ($(shell grep -Es '^(export )?DEBUG=.' .env),)
DEBUG ?= 1
export DEBUG
endif
PY := .venv/bin/python

help:  ## List these verbs
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|' 2>/dev/null \
		|| sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1   \2/p' $(MAKEFILE_LIST)

run: install  ## Run the whole site at http://127.0.0.1:8000 (PORT=8001 for another port, VERBOSE=1 for all logs)
	@exec $(PY) manage.py up --verbosity $(if $(VERBOSE),2,1)

test: install-dev browser  ## Run all tests on SQLite and Redis, and measure the branches they take (COVERAGE= for not)
	@exec $(PY) -m pytest -n logical --dist loadgroup -m "not services" \
		$(if $(COVERAGE),--cov --cov-report=term:skip-covered) $(ARGS)

test-services: install-dev browser  ## Run the tests on PostgreSQL, RabbitMQ, S3 and SMTP, each started for them
	@$(PY) scripts/services.py
	@$(PY) -m tests.on_postgres $(PY) -m pytest -n logical --dist loadgroup -m "not (integration or e2e)" \
		tests/accounts tests/carsite tests/catalog tests/classifier tests/core tests/dealers tests/ops \
		tests/scraper tests/security $(ARGS)
	@exec $(PY) -m pytest tests/served -m services $(ARGS)

check: install-dev  ## Check style, types, structure, migrations, deployment, API schema, .env.example
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy .
	.venv/bin/lint-imports --no-cache
	git ls-files "*/templates/*.html" | xargs .venv/bin/djade --check
	git ls-files "*/templates/*.html" | xargs .venv/bin/djlint --lint --quiet
	$(PYTHON) scripts/styles.py --check
	$(PY) -m pytest -q -n 0 tests/test_structure.py
	$(PY) manage.py env_example --check
	$(PY) manage.py makemigrations --check --dry-run
	$(PY) manage.py spectacular --validate --fail-on-warn --file /dev/null
	@echo "manage.py check --deploy, as in production"
	@DEBUG=0 ALLOWED_HOSTS=cars.example.org SITE_URL=https://cars.example.org EMAIL_URL=smtp://mail.example.org:25 \
		DEFAULT_FROM_EMAIL=cars@example.org SECRET_KEY=$$($(PY) -c "import secrets; print(secrets.token_urlsafe(50))") \
		$(PY) manage.py check --deploy --fail-level WARNING

soak: install-dev  ## Send 1,000 photos while everything breaks (ARGS="--photos 200 --seed 2")
	@exec $(PY) -m tests.soak $(ARGS)

docs: python  ## Make the documents a site in var/docs and check its links
	@$(PYTHON) scripts/install.py requirements-docs.txt
	@NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs build --strict --quiet && echo "The documents are at var/docs/index.html"

audit:  ## Look the pinned packages up in the public lists of known holes (needs the network)
	@$(PYTHON) scripts/audit.py

bench: install-dev  ## Measure speed and print a table
	@exec $(PY) -m tests.benchmarks $(ARGS)

e2e: install-dev browser  ## Run only the tests in a real browser
	@exec $(PY) -m pytest -m e2e $(ARGS)

train: install-train  ## Train a model; installs PyTorch first (RECIPE=recipes/lite2.toml)
	@exec $(PY) -m ml train $(RECIPE)

shots: install-dev browser  ## Take screenshots of every page of the running site into var/shots
	@exec $(PY) -m tests.e2e.screenshots http://127.0.0.1:$(or $(PORT),$(shell sed -n 's/^PORT=//p' .env 2>/dev/null),8000) var/shots \
		--email demo@carsite.example --password demo-drive-2026

demo-scrape: install browser  ## Crawl a small site of imaginary cars into the catalogue (FAULT=429 for a fault)
	@$(PY) manage.py migrate --verbosity 0
	@exec $(PY) manage.py demo_scrape $(if $(FAULT),--fault $(FAULT))

clean:  ## Remove the virtual environment and caches; your data in var/ and runs/ stay
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

python:
	@command -v $(PYTHON) >/dev/null || { \
		echo "carsite: $(PYTHON) is not there. Install Python 3.11 or newer, or name one:" \
		"make $(or $(firstword $(MAKECMDGOALS)),run) PYTHON=/path/to/python3" >&2; exit 1; }

install: python
	@$(PYTHON) scripts/install.py

install-train: python
	@$(PYTHON) scripts/install.py requirements-site.txt
	@$(PYTHON) scripts/install.py requirements-train.txt

install-dev: python
	@$(PYTHON) scripts/install.py requirements-dev.txt

browser: install
	@$(PY) scripts/browser.py
