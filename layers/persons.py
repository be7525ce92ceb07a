"""The persons of a building, masked, for those entitled; and unmasking one, with a reason."""

from __future__ import annotations


def about_id_number(people_id: int) -> str:
    """Return what an encrypted id number is bound to: nobody else's row can take it."""
    return f"person_private.id_number/{people_id}"
