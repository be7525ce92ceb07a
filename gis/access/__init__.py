"""Who may see what: accounts, the posts they hold, and what the database shows them."""
