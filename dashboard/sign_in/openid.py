"""Signing in with somebody else's account: OpenID Connect, with PKCE, state and nonce.

Who comes back is let in as the account that is linked to the issuer and subject; nobody's account
is made by that.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Sequence
from types import MappingProxyType

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.starlette_client import OAuth
from fastapi import FastAPI, Request, Response
from joserfc.errors import JoseError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.routing import Route

from dashboard.door import Door
from dashboard.pages.drawing import language_of, sentences
from dashboard.pages.local import local
from dashboard.providers import Provider
from dashboard.sign_in.entering import entered, show, visit_of
from dashboard.text import speaker
from gis.access import sign_in as doors
from gis.access.answers import Refused

log = logging.getLogger(__name__)

PATIENCE_S = 10
# How long somebody may take at the provider's page.
WAITED_FOR_S = 600
PATH = "/sign-in/openid"


def add(server: FastAPI, door: Door, providers: Sequence[Provider]) -> None:
    """Add the way out to each provider, and the way back."""
    if not providers:
        return
    known = MappingProxyType({provider.key: provider for provider in providers})
    remote = _registered(providers)

    async def out(request: Request) -> Response:
        """Send somebody to his provider."""
        provider = known.get(request.path_params["key"])
        if provider is None:
            return await _failed(door, request, "?")
        request.session["next"] = local(request.query_params.get("next", ""))
        back = f"{request.url.scheme}://{request.headers['host']}{door.serving.root_path}"
        client = remote.create_client(provider.key)
        try:
            sent: Response = await client.authorize_redirect(
                request, f"{back}{PATH}/{provider.key}/back"
            )
        except (AuthlibBaseError, httpx2.HTTPError, ValueError, KeyError) as error:
            log.warning("The provider %s does not answer: %s", provider.key, error)
            return await _failed(door, request, type(error).__name__)
        return sent

    async def back(request: Request) -> Response:
        """Let in whom a provider sends back, if an account is linked to him."""
        provider = known.get(request.path_params["key"])
        if provider is None:
            return await _failed(door, request, "?")
        client = remote.create_client(provider.key)
        try:
            token = await client.authorize_access_token(request)
            claims = token["userinfo"]
            who = (str(claims["iss"]), str(claims["sub"]))
        except (AuthlibBaseError, JoseError, httpx2.HTTPError, ValueError, KeyError) as error:
            log.warning("The provider %s vouches for nobody: %s", provider.key, error)
            return await _failed(door, request, getattr(error, "error", "") or str(error))
        if who[0].rstrip("/") != provider.issuer.rstrip("/"):
            return await _failed(door, request, "issuer")
        visit = visit_of(request)
        said = await door.ask(lambda db: doors.by_identity(db, who, visit, door.rules))
        goal = request.session.pop("next", "/")
        if isinstance(said, Refused):
            faults = sentences(said, speaker(language_of(request, door)))
            return await show(door, request, faults=faults, status=403)
        return entered(door, request, said, goal)

    server.mount(
        PATH,
        Starlette(
            routes=[Route("/{key}", out), Route("/{key}/back", back)],
            middleware=[
                Middleware(
                    SessionMiddleware,
                    # Of this process: who is on his way at a restart begins again.
                    secret_key=secrets.token_hex(32),
                    session_cookie="citygrid-openid",
                    max_age=WAITED_FOR_S,
                    # The provider's page sends people back: a strict cookie would stay behind.
                    same_site="lax",
                    https_only=door.serving.has_tls or bool(door.serving.proxies),
                    path=f"{door.serving.root_path}{PATH}",
                )
            ],
        ),
    )


def _registered(providers: Sequence[Provider]) -> OAuth:
    remote = OAuth()
    for provider in providers:
        remote.register(
            provider.key,
            client_id=provider.client_id,
            client_secret=provider.client_secret,
            server_metadata_url=f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration",
            client_kwargs={
                "scope": "openid profile",
                "code_challenge_method": "S256",
                "timeout": PATIENCE_S,
                # Without a secret the code verifier alone shows who asked.
                **({} if provider.client_secret else {"token_endpoint_auth_method": "none"}),
            },
        )
    return remote


async def _failed(door: Door, request: Request, why: str) -> Response:
    said = speaker(language_of(request, door))("sign_in.no_answer", why=why[:80])
    return await show(door, request, faults=[said], status=403)
