"""Says what keeps a stack from working, and the next command: before `up`, and after a failure."""
