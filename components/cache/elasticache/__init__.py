"""Valkey on Amazon ElastiCache: the replication group, and what it needs around it."""
