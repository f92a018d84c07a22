#!/usr/bin/env bash
# What this tree changes in a stack, and whether the policies hold, without CLI or credentials.
# Writes offline.md, also to the job's summary.
# Usage: tooling/ci/offline.sh STACK BASE
# Exit code: not 0 if the two cannot be compared, or a policy is violated or cannot be checked.
set -euo pipefail
stack=$1
base=$2
rm -f diff.md policy.md
status=0
make diff STACK="$stack" BASE="$base" MARKDOWN=diff.md > diff.log 2>&1 || status=$?
make policy STACK="$stack" MARKDOWN=policy.md > policy.log 2>&1 || status=$?
cat diff.log policy.log
# A command that failed early wrote no Markdown: its words are shown then.
.venv/bin/python -m tooling ci offline --stack "$stack" \
  --diff diff.md --diff-log diff.log --policy policy.md --policy-log policy.log > offline.md
cat offline.md >> "${GITHUB_STEP_SUMMARY:-/dev/null}"
exit "$status"
