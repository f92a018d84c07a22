"""Shows what a change of the program or of a stack file does to the stacks, without an engine."""
