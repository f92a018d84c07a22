"""Field types, problems, repairs and explanations. Knows no section by name."""
