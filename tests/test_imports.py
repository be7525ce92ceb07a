"""No modules ask for each other in a circle.

The tests have everything in memory already and would not see one; a fresh program, which begins
with another module, stops there.
"""

import grimp
import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

OURS = ("gis", "layers", "importers", "dashboard", "benchmarks")


def test_no_modules_ask_for_each_other_in_a_circle() -> None:
    graph = grimp.build_graph(*OURS, exclude_type_checking_imports=True, cache_dir=None)
    place = {module: at for at, module in enumerate(sorted(graph.modules))}
    asks = {
        (place[module], place[needed])
        for module in place
        for imported in graph.find_modules_directly_imported_by(module)
        for needed in _with_packages(imported)
        # A package is there before what lies in it.
        if needed in place and not module.startswith(f"{needed}.") and needed != module
    }
    assert len(asks) > len(place)
    rows, columns = zip(*asks, strict=True)
    size = (len(place), len(place))
    pairs = coo_array((np.ones(len(rows)), (rows, columns)), shape=size)
    _, circle = connected_components(pairs, directed=True, connection="strong")
    shared = np.flatnonzero(np.bincount(circle) > 1)
    assert [[m for m, at in place.items() if circle[at] == one] for one in shared] == []


def _with_packages(module: str) -> list[str]:
    """Return a module and the packages that it brings in with it."""
    parts = module.split(".")
    return [".".join(parts[: n + 1]) for n in range(len(parts))]
