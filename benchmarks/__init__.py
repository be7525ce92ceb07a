"""What CityGrid promises about speed and memory, measured beside the tools one would else take."""
