"""The editor of boundaries: drafts of change orders, drawn on step by step."""
