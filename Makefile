# Every command a person needs. `make help` lists them.
STACK ?= dev
PROJECT ?= .
CLUSTER ?= kwok
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# ORGANIZATION/PROJECT/STACK without its project: the folder that pulumi runs in says which.
STACK_PARTS = $(subst /, ,$(STACK))
STACK_OF_ANY_PROJECT = $(if $(word 3,$(STACK_PARTS)),$(word 1,$(STACK_PARTS))/$(word 3,$(STACK_PARTS)),$(STACK))
INSTALLED := $(VENV)/.installed
ON_DEMO := $(if $(filter 1,$(DEMO)),--demo)
SMOKE_VENV := .venv-smoke
SMOKE_INSTALLED := $(SMOKE_VENV)/.installed
SMOKE_4_VENV := .venv-smoke-4
SMOKE_4_INSTALLED := $(SMOKE_4_VENV)/.installed
POLICY_VENV := .venv-policy
POLICY_INSTALLED := $(POLICY_VENV)/.installed
CLICKHOUSE_VENV := .venv-clickhouse
CLICKHOUSE_INSTALLED := $(CLICKHOUSE_VENV)/.installed
GATEWAY_VENV := .venv-gateway
GATEWAY_INSTALLED := $(GATEWAY_VENV)/.installed
EXAMPLES_VENV := .venv-examples
EXAMPLES_INSTALLED := $(EXAMPLES_VENV)/.installed
EXAMPLES := langfuse langsmith opentelemetry
EXAMPLES_REQUIREMENTS := $(EXAMPLES:%=examples/agents/%/requirements.txt)
# Wheels alone: no package runs code of its own while it is installed.
PIP_INSTALL := pip install --quiet --disable-pip-version-check --only-binary :all:

# Each command is a process of its own, or several: they share what was compiled once.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo demo-down up preview access platform platform-preview platform-destroy destroy \
	doctor smoke render diff policy cluster-up cluster-down test test-programs test-cluster test-clickhouse test-gateway lint format types bench bench-gateway docs lock clean

help: ## List the commands
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  STACK=$(STACK) is the stack of up, preview, destroy, doctor, smoke, render, diff, policy;"
	@echo "  PROJECT=access and PROJECT=platform are the other projects of render, diff, policy;"
	@echo "  PROJECT=platform is one of doctor too;"
	@echo "  CLUSTER=$(CLUSTER) (kwok or kind) is the cluster of demo and cluster-up;"
	@echo "  DEMO=1 lets doctor and smoke look at the demo; OPTIONS are passed on to both."
	@echo "  $(BIN)/python -m tooling --help lists the commands behind these, with all their options."

# -- See it run ------------------------------------------------------------------------------------

demo: $(INSTALLED) ## Put the dev stack on a throwaway local control plane
	@$(BIN)/python -m tooling demo up --provider $(CLUSTER)

demo-down: $(INSTALLED) ## Remove the demo, its cluster and everything it generated
	@$(BIN)/python -m tooling demo down

cluster-up: $(INSTALLED) ## Start a local control plane alone
	@$(BIN)/python -m tooling cluster up --provider $(CLUSTER)

cluster-down: $(INSTALLED) ## Remove the local control plane
	@$(BIN)/python -m tooling cluster down

# -- Deploy ----------------------------------------------------------------------------------------

up: cli $(INSTALLED) $(POLICY_INSTALLED) ## Check what STACK needs, then deploy it; SMOKE=1 tests it afterwards
	@$(BIN)/python -m tooling doctor --stack $(STACK) --before
	pulumi up --stack $(STACK) --policy-pack policy
ifeq ($(SMOKE),1)
	@$(MAKE) --no-print-directory smoke STACK=$(STACK)
endif

preview: cli $(INSTALLED) $(POLICY_INSTALLED) ## Show what `up` would change, and which rules it breaks
	pulumi preview --stack $(STACK) --policy-pack policy --diff

access: cli $(INSTALLED) ## Make the roles that GitHub's workflows assume for STACK (docs/access.md)
	pulumi up --cwd access --stack $(STACK_OF_ANY_PROJECT)

platform: cli $(INSTALLED) $(POLICY_INSTALLED) ## Make the network and the cluster of STACK (docs/platform.md)
	@$(BIN)/python -m tooling platform doctor --stack $(STACK) --before
	pulumi up --cwd platform --stack $(STACK_OF_ANY_PROJECT) --policy-pack ../policy

platform-preview: cli $(INSTALLED) $(POLICY_INSTALLED) ## Show what `platform` would change, and which rules it breaks
	pulumi preview --cwd platform --stack $(STACK_OF_ANY_PROJECT) --policy-pack ../policy --diff

platform-destroy: cli $(INSTALLED) ## Empty the cluster of STACK, remove it and its network, list what is left
	@$(BIN)/python -m tooling platform drain --stack $(STACK)
	pulumi destroy --cwd platform --stack $(STACK_OF_ANY_PROJECT)
	@$(BIN)/python -m tooling platform doctor --stack $(STACK)

destroy: cli $(INSTALLED) ## Remove STACK
	pulumi destroy --stack $(STACK)

# What the message without a CLI names: the project of the target, or the program, which the demo runs too
OTHER_PROJECT := $(strip $(foreach name,access platform,$(if $(filter $(name)%,$(MAKECMDGOALS)),$(name))))
RENDERED = $(if $(OTHER_PROJECT), PROJECT=$(OTHER_PROJECT))
DEMO_TOO = $(if $(OTHER_PROJECT),, 'make demo' runs the dev stack.)

.PHONY: cli
cli:
	@command -v pulumi > /dev/null || { \
		echo "There is no pulumi command on PATH. Install it, then try again:"; \
		echo "  https://www.pulumi.com/docs/iac/download-install/"; \
		echo "Without it, 'make render$(RENDERED) STACK=$(STACK)' writes what it would make.$(DEMO_TOO)"; \
		exit 1; } >&2

doctor: $(INSTALLED) ## Say what keeps STACK from working, and the next command (LOG=up.log, DEMO=1)
ifeq ($(PROJECT),platform)
	@$(BIN)/python -m tooling platform doctor --stack $(STACK) $(OPTIONS)
else
	@$(BIN)/python -m tooling doctor --stack $(STACK) $(ON_DEMO) $(if $(LOG),--log '$(LOG)') $(OPTIONS)
endif

smoke: $(INSTALLED) ## Test STACK from outside (URL=https://…, JSON=report.json)
	@sdk=$$($(BIN)/python -m tooling smoke --stack $(STACK) --sdk-folder) && \
		$(MAKE) --no-print-directory $$sdk/.installed
	@$(BIN)/python -m tooling smoke --stack $(STACK) $(ON_DEMO) \
		$(if $(URL),--url '$(URL)') $(if $(JSON),--json '$(JSON)') $(OPTIONS)

render: $(INSTALLED) ## Write every object of STACK to .local/render/STACK, without CLI or cluster
	@$(BIN)/python -m tooling render --project '$(PROJECT)' --stack $(STACK) $(if $(AUTO_MODE),--auto-mode)

diff: $(INSTALLED) ## Show what this tree changes against BASE, for each of STACK, without CLI or cluster
	@$(BIN)/python -m tooling diff --base '$(BASE)' --project '$(PROJECT)' \
		$(foreach s,$(STACK),--stack '$(s)') $(if $(MARKDOWN),--markdown '$(MARKDOWN)')

policy: $(INSTALLED) ## Check each of STACK against the policy pack, without CLI or cluster
	@$(BIN)/python -m tooling policy --project '$(PROJECT)' $(foreach s,$(STACK),--stack '$(s)') \
		$(if $(MARKDOWN),--markdown '$(MARKDOWN)')

# -- Check -----------------------------------------------------------------------------------------

test: $(INSTALLED) ## Unit and contract tests
	@$(BIN)/python -m pytest -n auto --dist worksteal -m 'not programs'

test-programs: $(INSTALLED) $(SMOKE_INSTALLED) $(SMOKE_4_INSTALLED) $(POLICY_INSTALLED) ## Tests that start other programs: git, shells, SDKs, PostgreSQL, promtool
	@$(BIN)/python -m pytest -n auto --dist worksteal -m programs

test-cluster: $(INSTALLED) $(POLICY_INSTALLED) ## Tests on a local control plane, and on the real engine
	@$(BIN)/python -m pytest tests/cluster tests/engine

test-clickhouse: $(INSTALLED) $(CLICKHOUSE_INSTALLED) ## Tests of ClickHouse's configuration in its own engine
	@$(BIN)/python -m pytest tests/clickhouse

test-gateway: $(INSTALLED) $(SMOKE_4_INSTALLED) $(GATEWAY_INSTALLED) $(EXAMPLES_INSTALLED) ## Tests of the agents' gateway: a real collector, SDKs as agents use them
	@$(BIN)/python -m pytest -n auto --dist loadfile tests/gateway

lint: $(INSTALLED) ## Lint, formatting, generated files, workflows
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/python -m tooling docs --check
	@$(BIN)/python -m tooling ci lint

format: $(INSTALLED) ## Format the code
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

types: $(INSTALLED) $(EXAMPLES_INSTALLED) ## Type check
	@$(BIN)/pyright
	@$(BIN)/pyright --project examples/agents

bench: $(INSTALLED) ## Time and memory of the program, and how they grow
	@$(BIN)/python -m tooling bench

bench-gateway: $(INSTALLED) $(GATEWAY_INSTALLED) ## What the agents' gateway takes, and how it grows with the values of labels
	@$(BIN)/python -m tests.gateway.benchmark

# -- Keep ------------------------------------------------------------------------------------------

docs: $(INSTALLED) ## Generate docs/configuration.md and the configuration's JSON Schema
	@$(BIN)/python -m tooling docs

lock: $(INSTALLED) ## Compile requirements*.txt from requirements*.in
	$(BIN)/python -m $(PIP_INSTALL) uv==0.13.9
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--custom-compile-command "make lock" requirements.in --output-file requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--custom-compile-command "make lock" requirements-dev.in --output-file requirements-dev.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--custom-compile-command "make lock" requirements-smoke.in --output-file requirements-smoke.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--custom-compile-command "make lock" requirements-smoke-4.in \
		--output-file requirements-smoke-4.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--custom-compile-command "make lock" requirements-clickhouse.in \
		--output-file requirements-clickhouse.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--custom-compile-command "make lock" requirements-gateway.in \
		--output-file requirements-gateway.txt
	for example in $(EXAMPLES); do \
		$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
			--custom-compile-command "make lock" examples/agents/$$example/requirements.in \
			--output-file examples/agents/$$example/requirements.txt || exit 1; \
	done
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--custom-compile-command "make lock" policy/requirements.in --output-file policy/requirements.txt

clean: $(INSTALLED) ## Remove the demo, rendered files and the virtual environment
	@$(BIN)/python -m tooling demo down
	rm -rf .local $(VENV) $(SMOKE_VENV) $(SMOKE_4_VENV) $(POLICY_VENV) $(CLICKHOUSE_VENV) $(GATEWAY_VENV) \
		$(EXAMPLES_VENV)

$(INSTALLED): requirements.txt requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || { \
		echo "Python 3.11, 3.12 or 3.13 is needed; $(PYTHON) is $$($(PYTHON) --version 2>&1)." \
			"Name another: make PYTHON=python3.12 …" >&2; exit 1; }
	@echo "Installing the Python packages into $(VENV) (once, about a minute) …"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m $(PIP_INSTALL) --require-hashes \
		-r requirements.txt -r requirements-dev.txt
	@touch $@

$(SMOKE_INSTALLED): requirements-smoke.txt $(INSTALLED)
	@echo "Installing Langfuse's SDK for version 2 into $(SMOKE_VENV) (once, some seconds) …"
	@$(BIN)/python -m venv $(SMOKE_VENV)
	@$(SMOKE_VENV)/bin/python -m $(PIP_INSTALL) --require-hashes \
		-r requirements-smoke.txt
	@touch $@

$(SMOKE_4_INSTALLED): requirements-smoke-4.txt $(INSTALLED)
	@echo "Installing Langfuse's SDK for versions 3 and 4 into $(SMOKE_4_VENV) (once, some seconds) …"
	@$(BIN)/python -m venv $(SMOKE_4_VENV)
	@$(SMOKE_4_VENV)/bin/python -m $(PIP_INSTALL) --require-hashes \
		-r requirements-smoke-4.txt
	@touch $@

$(CLICKHOUSE_INSTALLED): requirements-clickhouse.txt $(INSTALLED)
	@echo "Installing ClickHouse's engine into $(CLICKHOUSE_VENV) (once, about a minute, 900 MB) …"
	@$(BIN)/python -m venv $(CLICKHOUSE_VENV)
	@$(CLICKHOUSE_VENV)/bin/python -m $(PIP_INSTALL) --require-hashes \
		-r requirements-clickhouse.txt
	@touch $@

$(GATEWAY_INSTALLED): requirements-gateway.txt $(INSTALLED)
	@echo "Installing SDKs of agents into $(GATEWAY_VENV) (once, some seconds) …"
	@$(BIN)/python -m venv $(GATEWAY_VENV)
	@$(GATEWAY_VENV)/bin/python -m $(PIP_INSTALL) --require-hashes \
		-r requirements-gateway.txt
	@touch $@

$(EXAMPLES_INSTALLED): $(EXAMPLES_REQUIREMENTS) $(INSTALLED)
	@echo "Installing what the examples for agents need into $(EXAMPLES_VENV) (once, some seconds) …"
	@$(BIN)/python -m venv $(EXAMPLES_VENV)
	@$(EXAMPLES_VENV)/bin/python -m $(PIP_INSTALL) --require-hashes \
		$(EXAMPLES_REQUIREMENTS:%=-r %)
	@touch $@

$(POLICY_INSTALLED): policy/requirements.txt $(INSTALLED)
	@echo "Installing the policy pack's packages into $(POLICY_VENV) (once, some seconds) …"
	@$(BIN)/python -m venv $(POLICY_VENV)
	@$(POLICY_VENV)/bin/python -m $(PIP_INSTALL) --require-hashes \
		-r policy/requirements.txt
	@touch $@
