"""Change orders 调整单: drafts of boundary changes, and their way to taking effect."""
