"""What people run beside the project ``platform/``: its doctor, and what precedes its removal."""
