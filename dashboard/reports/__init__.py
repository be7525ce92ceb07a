"""What is taken out: the impact sheet as PDF and XLSX, and a zoning at any date."""
