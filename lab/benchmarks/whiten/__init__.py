"""What whiten does to ink, paper and reading."""
