"""The GridMap component, written by component.mjs from src/props.ts."""
# AUTO GENERATED FILE - DO NOT EDIT

import typing  # noqa: F401
from typing_extensions import TypedDict, NotRequired, Literal # noqa: F401
from dash.development.base_component import Component, _explicitize_args
try:
    from dash.types import NumberType  # noqa: F401
except ImportError:
    # Backwards compatibility for dash<=4.1.0
    if typing.TYPE_CHECKING:
        raise
    NumberType = typing.Union[  # noqa: F401
        typing.SupportsFloat, typing.SupportsInt, typing.SupportsComplex
    ]

ComponentSingleType = typing.Union[str, int, float, Component, None]
ComponentType = typing.Union[
    ComponentSingleType,
    typing.Sequence[ComponentSingleType],
]


class GridMap(Component):
    """A GridMap component.
One map of vector tiles: a MapLibre style with layer groups, a choropleth coloured by feature
state, hover card, selection and keyboard. Nothing comes from outside the page's own address.
Keys, with the map in focus: arrows pan, + and - zoom, [ and ] walk the coloured features from
the middle outwards, Enter chooses, Shift and Enter chooses as a double click does, Backspace
goes up, Escape clears.

Keyword arguments:

- id (string; optional):
    Id of the component.

- className (string; optional):
    CSS class of the outer element.

- ariaLabel (string; optional):
    What a screen reader calls the map.

- texts (dict with strings as keys and values of type string; optional):
    Every word the component shows: keys of MapLibre's locale
    (NavigationControl.ZoomIn, NavigationControl.ZoomOut,
    ScaleControl.Meters, ScaleControl.Kilometers), and `missing` and
    `suppressed` for the hover card.

- mapStyle (dict with strings as keys and values of type boolean | number | string | dict | list; required):
    MapLibre style document, without `glyphs`: labels are drawn from
    local fonts. A new one is applied as a difference; view, colours,
    selection and groups stay, and a source of which only the tile
    addresses differ is filled anew in place. Feature states it can
    read: `hover`, `selected`, `highlight`, and of the choropleth `v`,
    `colour`, `gap` (missing or suppressed) and `listed`. A paint
    value that reads them must be an expression in each later style
    too.

- news (dict with strings as keys and values of type number; optional):
    How often what sources show has changed, by source: at another
    number it is asked for anew.

- initialView (dict; optional):
    Where the map opens; `fit` goes before it.

    `initialView` is a dict with keys:

    - centre (list of numbers; required):
        Longitude and latitude in EPSG:4326.

    - zoom (number; required):
        MapLibre zoom.

- fit (dict; optional):
    Bounds to move to, animated unless reduced motion is asked for.

    `fit` is a dict with keys:

    - bounds (list of numbers; required):
        West, south, east, north in EPSG:4326.

    - n (number; optional):
        Counter: a higher number fits again to the same bounds.

- layerGroups (dict; optional):
    Layers switched and faded together, by a name of your own.

    `layerGroups` is a dict with strings as keys and values of type
    dict with keys:

    - layers (list of strings; required):
        Ids of style layers.

    - visible (boolean; optional):
        Whether they are drawn, True when left out.

    - opacity (number; optional):
        Between 0 and 1, multiplied into the opacity that the style
        gives.

- choropleth (dict; optional):
    Colours by value. The address answers {ids: [...], values: [...],
    s: [...]}: None is missing (hatched), ids in s are suppressed
    (dotted), ids not in the list keep the layer's own colour; it may
    add breaks, used when `classes` has none.

    `choropleth` is a dict with keys:

    - url (string; required):
        Where the values come from.

    - source (string; required):
        Source of the style whose features are coloured.

    - sourceLayer (string; optional):
        Layer inside the vector tiles; leave out for GeoJSON.

    - layer (string; optional):
        Fill layer of the style that takes the colours; its own
        fill-color, which must not depend on zoom, is left to features
        without one. Patterns are laid directly over it.

    - stateKey (string; optional):
        Feature-state key that holds the number itself, v when left
        out.

    - classes (dict; required):
        How numbers become colours.

        `classes` is a dict with keys:

        - breaks (list of numbers; optional):
            Ascending thresholds between the classes; a value equal to
            one is in the upper class.

        - colours (list of strings; required):
            CSS colours, one more than there are breaks.

        - missing (string; optional):
            Colour of the hatching where a value is missing.

        - suppressed (string; optional):
            Colour of the dots where a value is suppressed.

- tint (dict; optional):
    Colours by value for a second source, as states only: a layer of
    the style reads `colour` itself. The address answers as that of
    `choropleth`.

    `tint` is a dict with keys:

    - url (string; required):
        Where the values come from.

    - source (string; required):
        Source of the style whose features are coloured.

    - sourceLayer (string; optional):
        Layer inside the vector tiles; leave out for GeoJSON.

    - layer (string; optional):
        Fill layer of the style that takes the colours; its own
        fill-color, which must not depend on zoom, is left to features
        without one. Patterns are laid directly over it.

    - stateKey (string; optional):
        Feature-state key that holds the number itself, v when left
        out.

    - classes (dict; required):
        How numbers become colours.

        `classes` is a dict with keys:

        - breaks (list of numbers; optional):
            Ascending thresholds between the classes; a value equal to
            one is in the upper class.

        - colours (list of strings; required):
            CSS colours, one more than there are breaks.

        - missing (string; optional):
            Colour of the hatching where a value is missing.

        - suppressed (string; optional):
            Colour of the dots where a value is suppressed.

- selected (dict; optional):
    Feature whose state `selected` is True.

    `selected` is a dict with keys:

    - source (string; required):
        Source of the style.

    - sourceLayer (string; optional):
        Layer inside the vector tiles; leave out for GeoJSON.

    - id (string | number; required):
        Id of the feature.

- highlighted (dict; optional):
    Features whose state `highlight` is True.

    `highlighted` is a dict with keys:

    - source (string; required):
        Source of the style.

    - sourceLayer (string; optional):
        Layer inside the vector tiles; leave out for GeoJSON.

    - ids (list of string | numbers; required):
        Ids of the features to light up.

- interactive (list of strings; optional):
    Style layers that answer to mouse and keyboard; where several lie
    under the pointer the first in this list wins.

- hoverCard (dict; optional):
    Small card that follows the mouse.

    `hoverCard` is a dict with keys:

    - byLayer (dict; required):
        What the card says, by style layer.

        `byLayer` is a dict with strings as keys and values of type
        dict with keys:

        - title (string; required):

            First line; a property's name in braces stands for its value.

        - lines (list of list of stringss; optional):

            Pairs of label and value, both with braces as in the title, or

            with a function in them that window.dashGridMapFunctions has:

            {timeLeft()}; lines without a value are left out.

    - valueLabel (string; optional):
        Label of the choropleth's value; without it the value is not
        shown.

    - words (dict with strings as keys and values of type dict with strings as keys and values of type string; optional):
        What a property's values are called: property (or several
        joined by a slash), value, word.

    - valueFormat (dict; optional):
        How the value and numbers in braces are written.

        `valueFormat` is a dict with keys:

        - locale (string; optional):
            Language tag for grouping and decimals, the page's
            language when left out.

        - unit (string; optional):
            Unit of measure written after the number.

        - options (dict with strings as keys and values of type boolean | number | string | dict | list; optional):
            Options of Intl.NumberFormat; three significant decimals
            when left out.

- padding (dict; optional):
    Pixels covered by panels: kept free when fitting, and the controls
    move in by as much.

    `padding` is a dict with keys:

    - top (number; optional):
        Pixels.

    - right (number; optional):
        Pixels.

    - bottom (number; optional):
        Pixels.

    - left (number; optional):
        Pixels.

- editor (dict; optional):
    The change order being edited, and with what tool; nothing is
    edited when left out. Read when it is given anew.

    `editor` is a dict with keys:

    - order (number; required):
        Id of the change order.

    - url (string; required):
        Address that its ground and its operations lie under, such as
        boundaries/12.

    - language (string; required):
        Language of sentences and names, zh or en.

    - tool (string; required):
        look, select, move, draw_line or draw_area.

    - purpose (string; optional):
        What a drawn line or area is for: reshape, follow, split,
        divide, hand_over_area or select; pin with the tool look.

    - shape (string; optional):
        How an area is drawn: polygon, rectangle or freehand.

    - selection (dict; optional):
        What is chosen.

        `selection` is a dict with keys:

        - units (list of numbers; required):
            Ids of units.

        - buildings (list of numbers; required):
            Ids of buildings.

        - estate (number; optional):
            Id of an estate.

    - picks (string; optional):
        What a click or a drawn area chooses: units or buildings; by
        zoom when left out.

    - to (number; optional):
        Unit that takes an area that is drawn for it.

    - level (number; optional):
        Level of the units that a division makes.

    - several (boolean; optional):
        Whether lines to split by are gathered until Enter.

    - comments (string; optional):
        Address of the pins of comments, GeoJSON.

    - conflict (dict with strings as keys and values of type boolean | number | string | dict | list; optional):
        What stands against the order: {units: [{mine, theirs,
        edges}]}, GeoJSON geometries or None; both versions are drawn.

    - texts (dict with strings as keys and values of type string; optional):
        Words: border, border_locked, point, node, middle, fixed,
        moved, unnamed, refused_locked, waiting, hint_follow_road,
        hint_follow_start, hint_follow_end.

    - colours (dict; required):
        Colours of the present light.

        `colours` is a dict with keys:

        - accent (string; required):
            What is in hand, chosen or changed.

        - surface (string; required):
            Behind lines and inside handles.

        - text (string; required):
            The ring around the point that keys move.

        - secondary (string; required):
            What is locked, and where a line was.

        - edge (string; required):
            Borders as they are.

        - gain (string; required):
            Ground that comes to us.

        - loss (string; required):
            Ground that goes.

        - theirs (string; required):
            The other version of a conflict, what snaps, and what is
            refused.

        - pin (string; required):
            Pins of comments.

- edited (dict; optional):
    Out: the ground has been fetched or changed.

    `edited` is a dict with keys:

    - revision (number; required):
        Revision of the order after it.

    - done (number; required):
        Steps in force.

    - steps (number; required):
        Steps in force and undone.

    - said (string; required):
        What was done, in a sentence; empty when the ground was
        fetched.

    - n (number; required):
        Counter.

- picked (dict; optional):
    Out: what is chosen on the map, by click, by drawing around it, or
    by key.

    `picked` is a dict with keys:

    - units (list of numbers; required):
        Ids of units.

    - buildings (list of numbers; required):
        Ids of buildings.

    - estate (number; optional):
        Id of an estate.

    - n (number; required):
        Counter.

- refused (dict; optional):
    Out: a change was refused, and the line is where it was.

    `refused` is a dict with keys:

    - sentence (string; required):
        Why, in a sentence.

    - n (number; required):
        Counter.

- pinned (dict; optional):
    Out: a place for a comment, or the comment whose pin was clicked.

    `pinned` is a dict with keys:

    - lngLat (list of numbers; optional):
        Where a comment is to go.

    - comment (number; optional):
        Comment whose pin was clicked.

    - n (number; required):
        Counter.

- sites (dict; optional):
    Places for new facilities; none when left out.

    `sites` is a dict with keys:

    - marks (list of dicts; required):
        Where facilities are tried.

        `marks` is a list of dicts with keys:

        - lngLat (list of numbers; required):

            Longitude and latitude in EPSG:4326.

        - label (string; required):

            A letter or number, written on the pin.

        - title (string; required):

            What it is, for the tip and for screen readers.

        - isFixed (boolean; optional):

            Whether it stays where it is; others are dragged, moved by

            arrow keys, and dropped by Delete.

    - asks (boolean; required):
        Whether the next click says where another one is to be.

    - url (string; required):
        Where it is told what a place would bring: at, and the mark it
        is moved from as but, are added. The address answers {said:
        \"...\"}. Empty: nothing is told of places.

- sited (dict; optional):
    Out: a place for a new facility was set, moved or dropped.

    `sited` is a dict with keys:

    - at (list of numbers; optional):
        Where a site is to be; nowhere when it was thought better of.

    - from (number; optional):
        The mark that was moved or dropped, from 0 on; a new one
        without.

    - drop (boolean; optional):
        Whether it was dropped.

    - n (number; required):
        Counter.

- click (dict; optional):
    Out: a click, at once; a second event with `double` follows a
    double click.

    `click` is a dict with keys:

    - layer (string; required):
        Style layer that was hit; None beside every feature.

    - source (string; required):
        Source of that layer.

    - sourceLayer (string; required):
        Layer inside the vector tiles.

    - id (string | number; required):
        Id of the feature.

    - properties (dict with strings as keys and values of type boolean | number | string | dict | list; required):
        Properties that the feature carries.

    - lngLat (list of numbers; required):
        Longitude and latitude of the pointer, or of the feature's
        middle for a key.

    - double (boolean; required):
        Whether it was a double click, or Shift and Enter.

    - n (number; required):
        Counter, so that the same click twice is two events.

- hover (dict; optional):
    Out: what is under the pointer or reached by key, None for
    nothing; at most eight times a second.

    `hover` is a dict with keys:

    - layer (string; required):
        Style layer under the pointer.

    - source (string; required):
        Source of that layer.

    - id (string | number; required):
        Id of the feature.

- viewport (dict; optional):
    Out: what is in view, after each move and once at the start.

    `viewport` is a dict with keys:

    - bounds (list of numbers; required):
        West, south, east, north in EPSG:4326.

    - zoom (number; required):
        MapLibre zoom.

    - centre (list of numbers; required):
        Longitude and latitude.

- keyboardSelect (dict; optional):
    Out: Enter (Shift for double) on a feature reached with [ and ];
    Backspace counts in ups, Escape gives {clear}.

    `keyboardSelect` is a dict with keys:

    - layer (string; optional):
        Style layer of the chosen feature.

    - source (string; optional):
        Source of that layer.

    - sourceLayer (string; optional):
        Layer inside the vector tiles.

    - id (string | number; optional):
        Id of the feature.

    - properties (dict with strings as keys and values of type boolean | number | string | dict | list; optional):
        Properties that the feature carries.

    - lngLat (list of numbers; optional):
        Longitude and latitude of the feature's middle on the screen.

    - double (boolean; optional):
        Whether Shift was held.

    - ups (number; required):
        How often Backspace was pressed so far, for one level up each:
        Dash may tell of the last of several keys only.

    - clear (boolean; optional):
        Escape: nothing selected.

    - n (number; required):
        Counter.

- painted (dict; optional):
    Out: the choropleth has been coloured.

    `painted` is a dict with keys:

    - url (string; required):
        Where the values came from.

    - values (number; required):
        Features with a number.

    - missing (number; required):
        Features whose number is missing.

    - suppressed (number; required):
        Features whose number is suppressed.

- error (dict; optional):
    Out: what went wrong.

    `error` is a dict with keys:

    - kind (string; required):
        no-webgl (nothing can be drawn), values (the choropleth's list
        did not come), map (a tile, an image, the style).

    - message (string; required):
        What the browser said, in English, for the log.

    - status (number; optional):
        HTTP status where there was one.

    - n (number; required):
        Counter."""
    _children_props: typing.List[str] = []
    _base_nodes = ['children']
    _namespace = 'citygrid_map'
    _type = 'GridMap'
    InitialView = TypedDict(
        "InitialView",
            {
            "centre": typing.Sequence[NumberType],
            "zoom": NumberType
        }
    )

    Fit = TypedDict(
        "Fit",
            {
            "bounds": typing.Sequence[NumberType],
            "n": NotRequired[NumberType]
        }
    )

    LayerGroups = TypedDict(
        "LayerGroups",
            {
            "layers": typing.Sequence[str],
            "visible": NotRequired[bool],
            "opacity": NotRequired[NumberType]
        }
    )

    ChoroplethClasses = TypedDict(
        "ChoroplethClasses",
            {
            "breaks": NotRequired[typing.Sequence[NumberType]],
            "colours": typing.Sequence[str],
            "missing": NotRequired[str],
            "suppressed": NotRequired[str]
        }
    )

    Choropleth = TypedDict(
        "Choropleth",
            {
            "url": str,
            "source": str,
            "sourceLayer": NotRequired[str],
            "layer": NotRequired[str],
            "stateKey": NotRequired[str],
            "classes": "ChoroplethClasses"
        }
    )

    TintClasses = TypedDict(
        "TintClasses",
            {
            "breaks": NotRequired[typing.Sequence[NumberType]],
            "colours": typing.Sequence[str],
            "missing": NotRequired[str],
            "suppressed": NotRequired[str]
        }
    )

    Tint = TypedDict(
        "Tint",
            {
            "url": str,
            "source": str,
            "sourceLayer": NotRequired[str],
            "layer": NotRequired[str],
            "stateKey": NotRequired[str],
            "classes": "TintClasses"
        }
    )

    Selected = TypedDict(
        "Selected",
            {
            "source": str,
            "sourceLayer": NotRequired[str],
            "id": typing.Union[str, NumberType]
        }
    )

    Highlighted = TypedDict(
        "Highlighted",
            {
            "source": str,
            "sourceLayer": NotRequired[str],
            "ids": typing.Sequence[typing.Union[str, NumberType]]
        }
    )

    HoverCardByLayer = TypedDict(
        "HoverCardByLayer",
            {
            "title": str,
            "lines": NotRequired[typing.Sequence[typing.Sequence[str]]]
        }
    )

    HoverCardValueFormat = TypedDict(
        "HoverCardValueFormat",
            {
            "locale": NotRequired[str],
            "unit": NotRequired[str],
            "options": NotRequired[typing.Dict[typing.Union[str, float, int], typing.Any]]
        }
    )

    HoverCard = TypedDict(
        "HoverCard",
            {
            "byLayer": typing.Dict[typing.Union[str, float, int], "HoverCardByLayer"],
            "valueLabel": NotRequired[str],
            "words": NotRequired[typing.Dict[typing.Union[str, float, int], typing.Dict[typing.Union[str, float, int], str]]],
            "valueFormat": NotRequired["HoverCardValueFormat"]
        }
    )

    Padding = TypedDict(
        "Padding",
            {
            "top": NotRequired[NumberType],
            "right": NotRequired[NumberType],
            "bottom": NotRequired[NumberType],
            "left": NotRequired[NumberType]
        }
    )

    EditorSelection = TypedDict(
        "EditorSelection",
            {
            "units": typing.Sequence[NumberType],
            "buildings": typing.Sequence[NumberType],
            "estate": NotRequired[NumberType]
        }
    )

    EditorColours = TypedDict(
        "EditorColours",
            {
            "accent": str,
            "surface": str,
            "text": str,
            "secondary": str,
            "edge": str,
            "gain": str,
            "loss": str,
            "theirs": str,
            "pin": str
        }
    )

    Editor = TypedDict(
        "Editor",
            {
            "order": NumberType,
            "url": str,
            "language": str,
            "tool": str,
            "purpose": NotRequired[str],
            "shape": NotRequired[str],
            "selection": NotRequired["EditorSelection"],
            "picks": NotRequired[str],
            "to": NotRequired[NumberType],
            "level": NotRequired[NumberType],
            "several": NotRequired[bool],
            "comments": NotRequired[str],
            "conflict": NotRequired[typing.Dict[typing.Union[str, float, int], typing.Any]],
            "texts": NotRequired[typing.Dict[typing.Union[str, float, int], str]],
            "colours": "EditorColours"
        }
    )

    Edited = TypedDict(
        "Edited",
            {
            "revision": NumberType,
            "done": NumberType,
            "steps": NumberType,
            "said": str,
            "n": NumberType
        }
    )

    Picked = TypedDict(
        "Picked",
            {
            "units": typing.Sequence[NumberType],
            "buildings": typing.Sequence[NumberType],
            "estate": NotRequired[NumberType],
            "n": NumberType
        }
    )

    Refused = TypedDict(
        "Refused",
            {
            "sentence": str,
            "n": NumberType
        }
    )

    Pinned = TypedDict(
        "Pinned",
            {
            "lngLat": NotRequired[typing.Sequence[NumberType]],
            "comment": NotRequired[NumberType],
            "n": NumberType
        }
    )

    SitesMarks = TypedDict(
        "SitesMarks",
            {
            "lngLat": typing.Sequence[NumberType],
            "label": str,
            "title": str,
            "isFixed": NotRequired[bool]
        }
    )

    Sites = TypedDict(
        "Sites",
            {
            "marks": typing.Sequence["SitesMarks"],
            "asks": bool,
            "url": str
        }
    )

    Sited = TypedDict(
        "Sited",
            {
            "at": NotRequired[typing.Sequence[NumberType]],
            "from": NotRequired[NumberType],
            "drop": NotRequired[bool],
            "n": NumberType
        }
    )

    Click = TypedDict(
        "Click",
            {
            "layer": str,
            "source": str,
            "sourceLayer": str,
            "id": typing.Union[str, NumberType],
            "properties": typing.Dict[typing.Union[str, float, int], typing.Any],
            "lngLat": typing.Sequence[NumberType],
            "double": bool,
            "n": NumberType
        }
    )

    Hover = TypedDict(
        "Hover",
            {
            "layer": str,
            "source": str,
            "id": typing.Union[str, NumberType]
        }
    )

    Viewport = TypedDict(
        "Viewport",
            {
            "bounds": typing.Sequence[NumberType],
            "zoom": NumberType,
            "centre": typing.Sequence[NumberType]
        }
    )

    KeyboardSelect = TypedDict(
        "KeyboardSelect",
            {
            "layer": NotRequired[str],
            "source": NotRequired[str],
            "sourceLayer": NotRequired[str],
            "id": NotRequired[typing.Union[str, NumberType]],
            "properties": NotRequired[typing.Dict[typing.Union[str, float, int], typing.Any]],
            "lngLat": NotRequired[typing.Sequence[NumberType]],
            "double": NotRequired[bool],
            "ups": NumberType,
            "clear": NotRequired[bool],
            "n": NumberType
        }
    )

    Painted = TypedDict(
        "Painted",
            {
            "url": str,
            "values": NumberType,
            "missing": NumberType,
            "suppressed": NumberType
        }
    )

    Error = TypedDict(
        "Error",
            {
            "kind": str,
            "message": str,
            "status": NotRequired[NumberType],
            "n": NumberType
        }
    )


    def __init__(
        self,
        id: typing.Optional[typing.Union[str, dict]] = None,
        style: typing.Optional[typing.Any] = None,
        className: typing.Optional[str] = None,
        ariaLabel: typing.Optional[str] = None,
        texts: typing.Optional[typing.Dict[typing.Union[str, float, int], str]] = None,
        mapStyle: typing.Optional[typing.Dict[typing.Union[str, float, int], typing.Any]] = None,
        news: typing.Optional[typing.Dict[typing.Union[str, float, int], NumberType]] = None,
        initialView: typing.Optional["InitialView"] = None,
        fit: typing.Optional["Fit"] = None,
        layerGroups: typing.Optional[typing.Dict[typing.Union[str, float, int], "LayerGroups"]] = None,
        choropleth: typing.Optional["Choropleth"] = None,
        tint: typing.Optional["Tint"] = None,
        selected: typing.Optional["Selected"] = None,
        highlighted: typing.Optional["Highlighted"] = None,
        interactive: typing.Optional[typing.Sequence[str]] = None,
        hoverCard: typing.Optional["HoverCard"] = None,
        padding: typing.Optional["Padding"] = None,
        editor: typing.Optional["Editor"] = None,
        edited: typing.Optional["Edited"] = None,
        picked: typing.Optional["Picked"] = None,
        refused: typing.Optional["Refused"] = None,
        pinned: typing.Optional["Pinned"] = None,
        sites: typing.Optional["Sites"] = None,
        sited: typing.Optional["Sited"] = None,
        click: typing.Optional["Click"] = None,
        hover: typing.Optional["Hover"] = None,
        viewport: typing.Optional["Viewport"] = None,
        keyboardSelect: typing.Optional["KeyboardSelect"] = None,
        painted: typing.Optional["Painted"] = None,
        error: typing.Optional["Error"] = None,
        **kwargs
    ):
        self._prop_names = ['id', 'style', 'className', 'ariaLabel', 'texts', 'mapStyle', 'news', 'initialView', 'fit', 'layerGroups', 'choropleth', 'tint', 'selected', 'highlighted', 'interactive', 'hoverCard', 'padding', 'editor', 'edited', 'picked', 'refused', 'pinned', 'sites', 'sited', 'click', 'hover', 'viewport', 'keyboardSelect', 'painted', 'error']
        self._valid_wildcard_attributes =            []
        self.available_properties = ['id', 'style', 'className', 'ariaLabel', 'texts', 'mapStyle', 'news', 'initialView', 'fit', 'layerGroups', 'choropleth', 'tint', 'selected', 'highlighted', 'interactive', 'hoverCard', 'padding', 'editor', 'edited', 'picked', 'refused', 'pinned', 'sites', 'sited', 'click', 'hover', 'viewport', 'keyboardSelect', 'painted', 'error']
        self.available_wildcard_properties =            []
        _explicit_args = kwargs.pop('_explicit_args')
        _locals = locals()
        _locals.update(kwargs)  # For wildcard attrs and excess named props
        args = {k: _locals[k] for k in _explicit_args}

        for k in ['mapStyle']:
            if k not in args:
                raise TypeError(
                    'Required argument `' + k + '` was not specified.')

        super(GridMap, self).__init__(**args)

setattr(GridMap, "__init__", _explicitize_args(GridMap.__init__))
