"""Commands of the workflows in `.github` that the Makefile does not have."""
