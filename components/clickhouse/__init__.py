"""ClickHouse, where Langfuse 3 and 4 keep traces, observations and scores."""
