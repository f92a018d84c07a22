#!/usr/bin/env bash
# Deploys a stack with the policy pack. What it says is masked before it is shown.
# Usage: tooling/ci/up.sh STACK
# Exit code: that of `pulumi up`, else that of the masking.
set -euo pipefail
# If the masking fails, the rest is read and not shown: a closed pipe would end the engine in the
# middle of a change.
pulumi up --stack "$1" --policy-pack policy --yes --non-interactive --color never 2>&1 \
  | { .venv/bin/python -m tooling ci mask || { cat > /dev/null; exit 1; }; }
