"""Long work that somebody asked for: kept in the database, done beside the page."""
