"""Pages drawn on the server, which work without JavaScript: their frame, forms and cookies."""
