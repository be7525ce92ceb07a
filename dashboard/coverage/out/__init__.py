"""What is taken out of coverage: tables, layers for a GIS, a map to hang up, lists to work off."""
