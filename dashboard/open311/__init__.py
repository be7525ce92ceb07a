"""Open311 GeoReport v2: incidents for programs that speak the common language of city services."""
