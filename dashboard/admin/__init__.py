"""Accounts, posts, who holds them, tokens and the audit, for those who look after them."""
