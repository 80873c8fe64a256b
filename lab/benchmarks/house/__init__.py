"""The benchmark of the whole house."""
