"""Make the committed boundaries of the demo district again: ``python -m importers.demo``."""

from __future__ import annotations

import numpy as np

from importers.demo.demo import PLANE, SEED
from importers.demo.sketch_district import SKETCH
from importers.demo.town import make_town
from importers.demo.town_files import write_town

if __name__ == "__main__":
    write_town(make_town(SKETCH, PLANE, np.random.SeedSequence([SEED, 0])))
