"""The panels of the coverage mode."""
