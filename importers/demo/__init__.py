"""The demo city: a fictional coastal district, generated from a seed."""

from importers.demo.demo import AS_OF, SEED, Demo, Size, generate

__all__ = ["AS_OF", "SEED", "Demo", "Size", "generate"]
