"""The configuration sections: one frozen model each, documented in its docstrings."""
