"""The ground: what the grid is, how it may change, and PostGIS that keeps it."""
