"""CloudWatch alarms as data, and the CloudWatch dashboard."""
