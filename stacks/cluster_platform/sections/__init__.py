"""The configuration of the project ``platform/``: one section a module."""
