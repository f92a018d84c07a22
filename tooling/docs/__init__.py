"""What is generated from the settings' models: the reference page and the editors' schema."""
