"""Rules between settings, one module for each section."""
