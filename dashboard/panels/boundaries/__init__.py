"""The panels of the boundaries mode 网格调整: orders, tools, effect, chain, comments, history."""
