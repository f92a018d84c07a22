"""The Langfuse application: Service, migration Job, pods, autoscaler, network policy."""
