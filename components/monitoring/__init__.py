"""Dashboards, alert rules and CloudWatch alarms."""
