"""Incidents over HTTP: what is reported and handled, and what the map and the forms ask for."""
