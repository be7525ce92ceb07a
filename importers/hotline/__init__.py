"""The hotline's daily table (12345): its columns, verdicts on its rows, how it is brought in."""
