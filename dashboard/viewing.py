"""Who is looking: set for each request at the gate, told to the database by `Workers.connect`."""

from __future__ import annotations

from contextvars import ContextVar

from gis.access.viewer import NOBODY, Viewer

# What forgets to ask at the gate sees what nobody in particular may see.
VIEWER: ContextVar[Viewer] = ContextVar("viewer", default=NOBODY)

# What a form drawn for who looks carries, to show that it was drawn here.
FORM_TOKEN: ContextVar[str] = ContextVar("form_token", default="")
