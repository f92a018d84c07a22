"""What the doctor says of one pod: why it does not run, or does not serve."""
