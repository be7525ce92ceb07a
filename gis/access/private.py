"""What is private of persons: how encrypted values are bound to their rows."""

from __future__ import annotations


def about_id_number(people_id: int) -> str:
    """Return what an encrypted id number is bound to: nobody else's row can take it."""
    return f"person_private.id_number/{people_id}"
