"""Finds out why a stack does not work, before `up` or after a failure, and the next command."""
