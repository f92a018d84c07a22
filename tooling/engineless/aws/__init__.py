"""Answers in place of AWS: the computed values of resources and the results of look-ups."""
