"""Grafana dashboards of a stack, built with Grafana's own SDK from what is watched."""
