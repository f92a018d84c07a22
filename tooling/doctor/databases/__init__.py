"""What the doctor asks a stack's databases, from within its pods."""
