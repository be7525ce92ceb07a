"""A division that begins from nothing, by METIS: even, but almost everybody has to move.

It shows what evenness the borders allow, and annealing can begin from it.
"""

from __future__ import annotations

import numpy as np
import pymetis
from scipy import sparse
from scipy.optimize import linear_sum_assignment
from scipy.sparse.csgraph import connected_components

from gis.division.balance.parts import Part
from gis.division.balance.problem import Ints

# METIS weighs in whole numbers.
STEPS = 1_000
CUTS, REFINEMENTS = 4, 30
# Its own tolerance, in thousandths: the tightest does not give the evenest division.
LOOSE = 10


def divided(part: Part, seed: int) -> Ints | None:
    """Return whose each unit is, as near to today as that division can be named; None: not whole.

    Units that are locked are not asked to stay.
    """
    ground, number = part.ground, len(part.groups)
    kept = ground.is_open
    unit = np.repeat(np.arange(len(part.units)), np.diff(ground.starts))[kept]
    other, border = ground.others[kept], ground.border_m[kept]
    graph = sparse.csr_array((border, (unit, other)), shape=(len(part.units),) * 2)
    if number < 2 or connected_components(graph, directed=False)[0] > 1:
        return None
    total = ground.load.sum()
    if total <= 0:
        return None
    weights = np.rint(ground.load / total * STEPS * len(part.units)).astype(np.int64)
    options = pymetis.Options(ncuts=CUTS, niter=REFINEMENTS, ufactor=LOOSE, seed=seed, contig=True)
    found = pymetis.part_graph(
        number,
        pymetis.CSRAdjacency(graph.indptr.tolist(), graph.indices.tolist()),
        vweights=weights.tolist(),
        eweights=np.maximum(1, np.rint(graph.data)).astype(np.int64).tolist(),
        recursive=False,
        options=options,
    )
    label = np.asarray(found.vertex_part, np.int64)
    common = np.zeros((number, number))
    np.add.at(common, (label, part.home), ground.load)
    _, name = linear_sum_assignment(-common)
    return np.asarray(name[label], np.int64)
