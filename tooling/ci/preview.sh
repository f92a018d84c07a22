#!/usr/bin/env bash
# Previews a stack with the policy pack, and writes preview.md, also to the job's summary.
# Usage: tooling/ci/preview.sh STACK [option of pulumi preview …]
# Exit code: that of `pulumi preview`. What it says is masked before anything shows or keeps it.
set -euo pipefail
stack=$1
shift
status=0
pulumi preview --stack "$stack" --policy-pack policy --diff --non-interactive --color never "$@" \
  2>&1 | .venv/bin/python -m tooling ci mask | tee preview.txt || status=$?
kind=preview
for option in "$@"; do
  if [ "$option" = --expect-no-changes ]; then kind=drift; fi
done
.venv/bin/python -m tooling ci "$kind" --stack "$stack" --status "$status" --text preview.txt > preview.md
cat preview.md >> "${GITHUB_STEP_SUMMARY:-/dev/null}"
exit "$status"
