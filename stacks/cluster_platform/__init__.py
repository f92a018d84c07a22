"""The stack of the project ``platform/``: a network, a cluster, and what the cluster needs.

The folder of the project cannot hold modules: its name is that of a module of Python itself.
"""
