"""Every component id, once. A typo in an id is then a typo in a name, and fails at import."""

from __future__ import annotations

from enum import StrEnum


class Id(StrEnum):
    """A component of the page."""

    VIEW = "view"
    """The store that says what is on screen. One callback writes it, every panel reads it."""
    EVENT = "event"
    """What people did and the view has not answered yet; the browser writes it."""
    EDIT = "edit"
    """The unsaved edit: tool, purpose, what is chosen. One callback of the browser writes it."""
    EDIT_BASE = "edit-base"
    """What the server says of the change order that is open."""
    EDIT_EVENT = "edit-event"
    """What people did in the editor; the browser writes it."""

    PAGE = "page"
    THEME = "theme"
    TOAST = "toast"

    BREADCRUMB = "breadcrumb"
    SEARCH_BOX = "search-box"
    SEARCH = "search"
    AS_OF = "as-of"
    SWITCHES = "switches"
    LANGUAGE = "language"
    LIGHT = "light"
    VISITOR = "visitor"
    RAIL = "rail"
    SHORTCUTS = "shortcuts"

    LEFT = "left"
    GLANCE = "glance"
    PERSONS = "persons"
    PROFILE = "profile"
    PROFILE_KIND = "profile-kind"
    PROFILE_CHART = "profile-chart"
    PROFILE_AGES = "profile-ages"
    PROFILE_BARS = "profile-bars"

    RIGHT = "right"
    MEASURE_BAR = "measure-bar"
    MEASURE_HEAD = "measure-head"
    MEASURE = "measure"
    PART = "part"
    PER = "per"
    LEVEL = "level"
    ZONING = "zoning"
    RANKING = "ranking"
    RANKING_HEAD = "ranking-head"
    TABLE = "table"
    RANKING_FOOT = "ranking-foot"
    WORST = "worst"

    ORDERS = "orders"
    EDITOR = "editor"
    EFFECT = "effect"
    CHAIN = "chain"
    COMMENTS = "comments"
    HISTORY = "history"
    SHEET = "sheet"

    QUESTION = "question"
    KINDS = "kinds"
    MINUTES = "minutes"
    METRES = "metres"
    REACHED = "reached"
    QUESTION_CHIPS = "question-chips"
    QUESTION_OWN = "question-own"
    EQUITY = "equity"
    TAKE_OUT = "take-out"
    NEXT = "next"
    SCENARIOS = "scenarios"
    STANDARDS = "standards"

    MAP_FRAME = "map-frame"
    MAP_SLOT = "map-slot"
    MAP = "map"
    LEGEND = "legend"
    LAYERS = "layers"
    LAYERS_HEAD = "layers-head"
    CHIPS = "chips"
    NOTICE = "notice"

    FOOT = "foot"
    TREND = "trend"
    TREND_HEAD = "trend-head"
    TREND_CHART = "trend-chart"
    TREND_TOOLS = "trend-tools"
    STEP = "step"


class Act(StrEnum):
    """The "type" of ids that occur many times; their "key" says which."""

    GO = "go"
    """Leads to a unit or building: key = "unit:12", "building:7", "" = the city."""
    DOWN = "down"
    MARK = "point-out"
    """Points out a place without going there: key = "facility:7"."""
    DROP = "drop"
    """The ✕ of a chip: key = the filter to let go."""
    PERIOD = "set-period"
    MODE = "mode"
    """Changes what the side panels are for: key = the mode."""
    ORDER = "order"
    """Opens a change order: key = its id, "" = none."""
    ASK = "ask"
    """Asks something else of coverage: key = "indicator:park", "circle:15", "trying:"."""
    PAGE = "page"
    """Turns to a page of a building's households: key = its number, from 0 on."""
    LAYER_ON = "layer-on"
    LAYER_OPACITY = "layer-opacity"
    LAYER_NAME = "layer-name"


def act(kind: Act, key: object) -> dict[str, object]:
    """Return the id of one of many like components; ``key`` may be a wildcard (ALL)."""
    return {"type": kind.value, "key": key}
