"""The colours that charts and the map share with the stylesheet (assets/00-tokens.css)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from dashboard.view_fields import Scheme


@dataclass(frozen=True)
class Palette:
    """One light: the page's own colours, the basemap's, and the ramp of the choropleth."""

    ground: str
    surface: str
    text: str
    secondary: str
    hairline: str
    accent: str
    # How a case stands, beside a sign: in time, due soon, overdue.
    ok: str
    soon: str
    overdue: str
    # Paler than `incidents`: what is so in part only.
    partly: str
    people: str
    buildings: str
    incidents: str
    facilities: str
    # The basemap of the city's own layers.
    land: str
    water: str
    green: str
    building: str
    building_edge: str
    street: str
    street_casing: str
    label: str
    halo: str
    missing: str
    water_edge: str
    unit_edge: str
    # Teal, even steps of lightness in OKLCH, least to most.
    ramp: tuple[str, ...]
    # Differences: what is worse orange, what is better purple, the same in the middle.
    changes: tuple[str, ...]
    # Categories in the order they are given out; a category keeps its place everywhere.
    categories: tuple[str, ...]

    def classes(self, count: int) -> tuple[str, ...]:
        """Return ``count`` colours spread over the whole ramp."""
        if count < 2:
            # Units that are all alike, most often all nothing.
            return (self.ramp[0],)
        last = len(self.ramp) - 1
        return tuple(self.ramp[round(i * last / (count - 1))] for i in range(count))


LIGHT = Palette(
    ground="#f7f8fa", surface="#ffffff", text="#111827", secondary="#4b5563",
    hairline="#e5e7eb", accent="#0f766e", ok="#15803d", soon="#b45309", overdue="#b91c1c",
    partly="#f0b38f", people="#6554c0",
    buildings="#64748b", incidents="#c2410c", facilities="#1d6fb8",
    land="#f3f4f6", water="#d6e6f2", green="#e3efe0", building="#e4e7ec",
    building_edge="#d5d9e0", street="#ffffff", street_casing="#dde1e7", label="#4b5563",
    halo="#ffffff", missing="#9ca3af", water_edge="#c3d8e8", unit_edge="#6b7280",
    ramp=("#dff4f2", "#adddd9", "#7ac5bf", "#4daca4", "#249188", "#00766d",
          "#005a52"),
    changes=("#b35806", "#e08214", "#fdb863", "#e7e9ee", "#b2abd2", "#8073ac", "#542788"),
    categories=("#0f766e", "#c2410c", "#6554c0", "#1d6fb8", "#a16207", "#be185d", "#4d7c0f",
                "#0e7490", "#92400e", "#64748b"),
)  # fmt: skip

DARK = Palette(
    ground="#0b1220", surface="#111a2b", text="#e5eaf2", secondary="#9aa7b8",
    hairline="#22304a", accent="#2dd4bf", ok="#4ade80", soon="#fbbf24", overdue="#f87171",
    partly="#7c4a2c", people="#a99bf5",
    buildings="#94a3b8", incidents="#fb923c", facilities="#60a5fa",
    land="#0e1626", water="#12263a", green="#13251e", building="#1b2638",
    building_edge="#22304a", street="#1e2a40", street_casing="#0e1626", label="#9aa7b8",
    halo="#0b1220", missing="#5b6b84", water_edge="#1a3550", unit_edge="#7d8ca3",
    ramp=("#113437", "#1b5053", "#256e6f", "#318d8b", "#3faea6", "#4fd0c1", "#70f1da"),
    changes=("#ffb066", "#d97a1f", "#8a4f17", "#263247", "#5b4b8a", "#8f7bd6", "#c9b8ff"),
    categories=("#2dd4bf", "#fb923c", "#a99bf5", "#60a5fa", "#facc15", "#f472b6", "#a3e635",
                "#22d3ee", "#d6a77a", "#94a3b8"),
)  # fmt: skip

PALETTES: Mapping[Scheme, Palette] = MappingProxyType({"light": LIGHT, "dark": DARK})
