"""The agents' gateway: an OpenTelemetry Collector between agents and Langfuse."""
