"""CloudWatch alarms as data, and the resources that carry them."""
