"""The command-line tools of the repository: `python -m tooling --help` lists them."""
