"""How incidents are dealt with: on which days and hours, and within which time."""
