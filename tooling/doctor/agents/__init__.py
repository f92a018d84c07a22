"""The way of a trace from an agent to Langfuse, as far as it is seen from outside of the agent."""
