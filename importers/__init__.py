"""Brings files into the city."""
