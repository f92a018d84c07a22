"""Prometheus alert rules as data, and the objects that carry them."""
