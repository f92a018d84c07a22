"""Answers for AWS without AWS: what it would compute for a resource, and say to a look-up."""
