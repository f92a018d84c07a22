"""Dashboards, alert rules and CloudWatch alarms, and what they share."""
