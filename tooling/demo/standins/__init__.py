"""Plays providers that cannot be had, behind Pulumi's own protocol: for throwaway stacks alone."""
