"""Panels of what agents do and cost, and of the gateway that they send to."""
