"""Prometheus alert rules as data."""
