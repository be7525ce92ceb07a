"""The other tools, each in a module that imports nothing of ours: it pays for itself alone."""
