# tuiku: everything a person types. Needs Python 3.11, 3.12 or 3.13, git and make; the rest sets itself up.
PYTHON ?= python3
STAGE  ?= dev
NAME   ?= dev
RUN    := .venv/bin/python
STACK  := $(RUN) -m tools.stack
LOCK   := .venv/bin/uv pip compile --universal --python-version 3.11 --generate-hashes \
          --no-emit-index-url --no-emit-find-links --no-header --quiet

.DEFAULT_GOAL := help
.PHONY: help setup demo test cases fuzz prove check up down status logs package deploy replay bench lock clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.ready .venv-stack/.ready ## install what is needed into .venv and .venv-stack
	@:

demo: setup ## start the local stack and play every outcome of a return on it
	@$(RUN) -m tools.demo --name $(NAME) $(ARGS)

test: setup ## run every ring of tests; ARGS="-k refund" passes options to pytest
	@$(RUN) -m pytest -n 2 --dist loadscope $(ARGS)

cases: .venv/.ready ## list the cases that must pass: by which tests each is told, and which are missing
	@$(RUN) -m tests.cases.told

prove: setup ## try the promises at full scale (docs/promises.md); ARGS="--only 1,6 --scale small"
	@$(RUN) -m prove $(ARGS)

check: setup ## format, lint, types, imports, contracts, OpenAPI drift
	@$(RUN) -m ruff format --check --output-format concise .
	@$(RUN) -m ruff check --quiet --output-format concise .
	@$(RUN) -m mypy
	@.venv/bin/lint-imports --no-logo
	@$(RUN) -m pytest -q tests/contract
	@$(RUN) -m tools.openapi --check

up: setup ## start the local stack, or bring it up to date; PORT=4566 NAME=dev
	@$(STACK) up --name $(NAME) $(if $(PORT),--port $(PORT))

down: .venv/.ready ## stop the local stack and remove it; KEEP=1 keeps its data for the next up
	@$(STACK) down --name $(NAME) $(if $(KEEP),--keep)

status: .venv/.ready ## show whether the local stack is well, with the depth of every queue
	@$(STACK) status --name $(NAME)

logs: .venv/.ready ## show what the functions logged; FUNCTION=api CORRELATION=<id> FOLLOW=1
	@$(STACK) logs --name $(NAME) $(if $(FUNCTION),--function $(FUNCTION)) $(if $(CORRELATION),--correlation $(CORRELATION)) $(if $(FOLLOW),--follow)

fuzz: up ## thousands of generated requests against the local stack, judged by the OpenAPI document
	@$(RUN) -m tools.fuzz --name $(NAME)

package: .venv/.ready ## build what is deployed into build/package; STAGE=dev
	@$(RUN) -m tools.package --stage $(STAGE) --out build/package

deploy: package ## deploy to your AWS account; STAGE=prod ARGS="--parameter AlarmEmail=you@example.com"
	@$(RUN) -m tools.deploy --stage $(STAGE) --package build/package $(ARGS)

replay: up ## replay real order lines through the local stack; FILE=orders.csv
	@$(RUN) -m tools.replay $(FILE) --name $(NAME) $(ARGS)

bench: setup ## measure speed and cost, each figure beside its floor; ARGS="--only P1 --sample"
	@$(RUN) -m bench $(ARGS)

lock: .venv/.ready ## write the three lock files again from their .in files
	@$(LOCK) requirements/runtime.in -o requirements.txt
	@$(LOCK) requirements/dev.in -o requirements/dev.txt
	@$(LOCK) requirements/stack.in -o requirements/stack.txt

clean: ## take every local stack down and remove what was built
	@if [ -d build/stack ] && [ -x $(RUN) ]; then $(STACK) down --all; fi
	@rm -rf build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find app.py chalicelib tests tools -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

.venv/.ready: requirements/dev.txt
	@sh tools/setup.sh .venv requirements/dev.txt "$(PYTHON)"

.venv-stack/.ready: requirements/stack.txt
	@sh tools/setup.sh .venv-stack requirements/stack.txt "$(PYTHON)"
