"""What every tool shares: deadlines, masking, commands, reports."""
