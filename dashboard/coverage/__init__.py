"""The coverage mode: what is asked, who answers, and what the map fetches of it."""
