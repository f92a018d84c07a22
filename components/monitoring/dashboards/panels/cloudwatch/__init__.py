"""Panels of what AWS runs, and of what workers send to CloudWatch."""
