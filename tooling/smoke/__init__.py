"""Says whether a deployed Langfuse works: from outside, as its users and agents meet it."""
