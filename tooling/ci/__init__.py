"""What the workflows in `.github` run beside the commands of the Makefile."""
