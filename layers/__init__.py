"""What data lies over the grid, drawn and counted."""
