"""Generates the reference page, the editors' schemas and the page about dashboards."""
