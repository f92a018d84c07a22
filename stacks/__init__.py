"""Which components exist in a stack, how they are wired, and the configuration that decides it."""
