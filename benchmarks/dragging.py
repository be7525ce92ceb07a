"""A facility dragged over the map: how soon the page knows what it would bring, over HTTP."""

from __future__ import annotations

import time
from collections.abc import Iterator
from urllib.parse import urlencode

import numpy as np

from benchmarks import handling, intake, prepared, product, web_client
from benchmarks.readings import Reading, Row, Unit
from benchmarks.sizes import Size
from benchmarks.web_client import Site
from gis.database import Role

AIM_S = 0.05
# Facilities that were put down before, and places that the next one is dragged over.
TRIED, PLACES = 3, 200


def measure(size: Size) -> Iterator[Row]:
    """Ask for one place after the other, as the page does while somebody drags."""
    with prepared.demo(size.city) as demo, handling.copied(demo.server) as target:
        engine = target.engine(Role.OWNER)
        with engine.connect() as db:
            drafts = handling.given(db)[2][: TRIED + PLACES]
        engine.dispose()
        places = [f"{one.lon:.6f},{one.lat:.6f}" for one in drafts]
        site = Site(product.free_port(), intake.tokens(target, 1)[0])
        name = str(target.url.database).removeprefix("citygrid_")
        command = product.command("serve", "--city", name, "--port", str(site.port))
        took = []
        with product.serving(command, product.environment(demo.state), site.port, "/health"):
            # Once before, so that what is made at first use is made.
            for at in (places[TRIED], *places[TRIED:]):
                asked = {"mode": "coverage", "tried": ";".join(places[:TRIED]), "at": at}
                start = time.perf_counter()
                web_client.get(site, f"/coverage/site?{urlencode(asked)}")
                took.append(time.perf_counter() - start)
    yield Row(
        "a facility dragged to another place, over HTTP",
        f"{size.city}, {TRIED} tried before",
        Reading(float(np.percentile(took[1:], 95)), Unit.SECONDS),
        limit=Reading(AIM_S, Unit.SECONDS),
        note=f"95th percentile of {len(took) - 1}; median {np.median(took[1:]) * 1e3:.1f} ms",
    )
