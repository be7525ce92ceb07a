"""What each post may do: the table of `gis.access.posts`, as people read it."""

from __future__ import annotations

from fastapi import FastAPI, Request, Response

from dashboard.admin import desk
from dashboard.door import Door
from dashboard.pages.drawing import draw, language_of
from dashboard.text import named, speaker
from gis.access.posts import POSTS, Right


def add(server: FastAPI, door: Door) -> None:
    """Add the page to a server."""

    @server.get("/admin/posts", include_in_schema=False)
    async def table(request: Request) -> Response:
        """Show what each post may do."""
        desk.entitled(request, Right.ACCOUNTS, Right.GRANT)
        language = language_of(request, door)
        say = speaker(language)
        return await draw(
            door, request, "posts.html", tabs=desk.tabs(say, request), tab="/admin/posts",
            posts=[named(duty.names, language) for duty in POSTS.values()],
            rows=[
                {
                    "name": say(f"right.{right}"),
                    "allowed": [right in duty.rights for duty in POSTS.values()],
                }
                for right in Right
            ],
        )  # fmt: skip
