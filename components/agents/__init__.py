"""Access of agents: client keys of Langfuse and settings of LangSmith."""
