"""Checks that a deployed Langfuse works, from outside, as users and agents reach it."""
