"""How long the property tests run: short in `make test`, long in `make proof`."""

import os

IS_PROOF = bool(os.environ.get("CITYGRID_PROOF"))
TIMES = 20 if IS_PROOF else 1
"""Multiplies the number of examples of every property test."""
