"""Known error texts of logs, events and failed runs."""
