"""What agents get: client keys of Langfuse and settings of LangSmith."""
