"""Balancing: which units to hand over, as few as can be, so that a load is even."""
