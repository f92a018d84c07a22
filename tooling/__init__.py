"""Command-line tools of the repository; each package with a `__main__` is one command."""
