"""Generated credentials, and their delivery to pods."""
