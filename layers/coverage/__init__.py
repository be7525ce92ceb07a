"""Who is reached by what, within how many minutes or metres: counted at the door."""
