"""Asking AWS: as whom, about which account, and what a refusal means."""
