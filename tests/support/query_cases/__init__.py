"""What the queries of dashboards give for series that a test gives."""
