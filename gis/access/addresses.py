"""Addresses requests come from."""

from __future__ import annotations

import ipaddress


def read(address: str | None) -> str | None:
    """Return an address of the internet as it is stored; None for anything else."""
    found = _parsed(address)
    return None if found is None else str(found)


def whose(address: str | None) -> str:
    """Return who guesses from an address: it alone, or its /64, of which everybody has plenty."""
    found = _parsed(address)
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found or "unknown")


def _parsed(address: str | None) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        return found.ipv4_mapped
    return found
