/** The shapes that cross between Python and the map. */

import type {Edited, EditorSpec, PickedOut, PinnedOut, RefusedOut} from './editor/props';
import type {ClickEvent, HoverEvent, KeySelect, MapError, Painted, Viewport} from './events';

/** A feature of a source, as MapLibre addresses it. */
export interface FeatureRef {
    /** Source of the style. */
    source: string;
    /** Layer inside the vector tiles; leave out for GeoJSON. */
    sourceLayer?: string;
    /** Id of the feature. */
    id: number | string;
}

export interface InitialView {
    /** Longitude and latitude in EPSG:4326. */
    centre: number[];
    /** MapLibre zoom. */
    zoom: number;
}

export interface Fit {
    /** West, south, east, north in EPSG:4326. */
    bounds: number[];
    /** Counter: a higher number fits again to the same bounds. */
    n?: number;
}

export interface LayerGroup {
    /** Ids of style layers. */
    layers: string[];
    /** Whether they are drawn, true when left out. */
    visible?: boolean;
    /** Between 0 and 1, multiplied into the opacity that the style gives. */
    opacity?: number;
}

export interface Classes {
    /** Ascending thresholds between the classes; a value equal to one is in the upper class. */
    breaks?: number[];
    /** CSS colours, one more than there are breaks. */
    colours: string[];
    /** Colour of the hatching where a value is missing. */
    missing?: string;
    /** Colour of the dots where a value is suppressed. */
    suppressed?: string;
}

export interface ChoroplethSpec {
    /** Where the values come from. */
    url: string;
    /** Source of the style whose features are coloured. */
    source: string;
    /** Layer inside the vector tiles; leave out for GeoJSON. */
    sourceLayer?: string;
    /** Fill layer of the style that takes the colours; its own fill-color, which must not depend on zoom, is left to features without one. Patterns are laid directly over it. */
    layer?: string;
    /** Feature-state key that holds the number itself, v when left out. */
    stateKey?: string;
    /** How numbers become colours. */
    classes: Classes;
}

export interface Highlighted {
    /** Source of the style. */
    source: string;
    /** Layer inside the vector tiles; leave out for GeoJSON. */
    sourceLayer?: string;
    /** Ids of the features to light up. */
    ids: (number | string)[];
}

export interface CardText {
    /** First line; a property's name in braces stands for its value. */
    title: string;
    /** Pairs of label and value, both with braces as in the title, or with a function in them that
     * window.dashGridMapFunctions has: {timeLeft()}; lines without a value are left out. */
    lines?: string[][];
}

export interface ValueFormat {
    /** Language tag for grouping and decimals, the page's language when left out. */
    locale?: string;
    /** Unit of measure written after the number. */
    unit?: string;
    /** Options of Intl.NumberFormat; three significant decimals when left out. */
    options?: {[key: string]: any};
}

export interface HoverCardSpec {
    /** What the card says, by style layer. */
    byLayer: {[layer: string]: CardText};
    /** Label of the choropleth's value; without it the value is not shown. */
    valueLabel?: string;
    /** What a property's values are called: property (or several joined by a slash), value, word. */
    words?: {[property: string]: {[value: string]: string}};
    /** How the value and numbers in braces are written. */
    valueFormat?: ValueFormat;
}

export interface Padding {
    /** Pixels. */
    top?: number;
    /** Pixels. */
    right?: number;
    /** Pixels. */
    bottom?: number;
    /** Pixels. */
    left?: number;
}

export interface SiteMark {
    /** Longitude and latitude in EPSG:4326. */
    lngLat: number[];
    /** A letter or number, written on the pin. */
    label: string;
    /** What it is, for the tip and for screen readers. */
    title: string;
    /** Whether it stays where it is; others are dragged, moved by arrow keys, and dropped by Delete. */
    isFixed?: boolean;
}

export interface SitesSpec {
    /** Where facilities are tried. */
    marks: SiteMark[];
    /** Whether the next click says where another one is to be. */
    asks: boolean;
    /** Where it is told what a place would bring: at, and the mark it is moved from as but, are added. The address answers {said: "..."}. Empty: nothing is told of places. */
    url: string;
}

export interface SitedOut {
    /** Where a site is to be; nowhere when it was thought better of. */
    at?: number[];
    /** The mark that was moved or dropped, from 0 on; a new one without. */
    from?: number;
    /** Whether it was dropped. */
    drop?: boolean;
    /** Counter. */
    n: number;
}

export interface GridMapProps {
    /** Id of the component. */
    id?: string;
    /** CSS of the outer element; it fills its parent when left out. */
    style?: {[key: string]: any};
    /** CSS class of the outer element. */
    className?: string;
    /** What a screen reader calls the map. */
    ariaLabel?: string;
    /**
     * Every word the component shows: keys of MapLibre's locale (NavigationControl.ZoomIn,
     * NavigationControl.ZoomOut, ScaleControl.Meters, ScaleControl.Kilometers), and `missing` and
     * `suppressed` for the hover card.
     */
    texts?: {[key: string]: string};
    /**
     * MapLibre style document, without `glyphs`: labels are drawn from local fonts. A new one is
     * applied as a difference; view, colours, selection and groups stay, and a source of which only
     * the tile addresses differ is filled anew in place. Feature states it can read: `hover`,
     * `selected`, `highlight`, and of the choropleth `v`, `colour`, `gap` (missing or suppressed)
     * and `listed`. A paint value that reads them must be an expression in each later style too.
     */
    mapStyle: {[key: string]: any};
    /** How often what sources show has changed, by source: at another number it is asked for anew. */
    news?: {[source: string]: number};
    /** Where the map opens; `fit` goes before it. */
    initialView?: InitialView;
    /** Bounds to move to, animated unless reduced motion is asked for. */
    fit?: Fit;
    /** Layers switched and faded together, by a name of your own. */
    layerGroups?: {[group: string]: LayerGroup};
    /**
     * Colours by value. The address answers {ids: [...], values: [...], s: [...]}: null is
     * missing (hatched), ids in s are suppressed (dotted), ids not in the list keep the layer's own colour; it may
     * add breaks, used when `classes` has none.
     */
    choropleth?: ChoroplethSpec;
    /**
     * Colours by value for a second source, as states only: a layer of the style reads `colour`
     * itself. The address answers as that of `choropleth`.
     */
    tint?: ChoroplethSpec;
    /** Feature whose state `selected` is true. */
    selected?: FeatureRef;
    /** Features whose state `highlight` is true. */
    highlighted?: Highlighted;
    /** Style layers that answer to mouse and keyboard; where several lie under the pointer the first in this list wins. */
    interactive?: string[];
    /** Small card that follows the mouse. */
    hoverCard?: HoverCardSpec;
    /** Pixels covered by panels: kept free when fitting, and the controls move in by as much. */
    padding?: Padding;
    /** The change order being edited, and with what tool; nothing is edited when left out. Read when it is given anew. */
    editor?: EditorSpec;
    /** Out: the ground has been fetched or changed. */
    edited?: Edited;
    /** Out: what is chosen on the map, by click, by drawing around it, or by key. */
    picked?: PickedOut;
    /** Out: a change was refused, and the line is where it was. */
    refused?: RefusedOut;
    /** Out: a place for a comment, or the comment whose pin was clicked. */
    pinned?: PinnedOut;
    /** Places for new facilities; none when left out. */
    sites?: SitesSpec;
    /** Out: a place for a new facility was set, moved or dropped. */
    sited?: SitedOut;
    /** Out: a click, at once; a second event with `double` follows a double click. */
    click?: ClickEvent;
    /** Out: what is under the pointer or reached by key, null for nothing; at most eight times a second. */
    hover?: HoverEvent;
    /** Out: what is in view, after each move and once at the start. */
    viewport?: Viewport;
    /** Out: Enter (Shift for double) on a feature reached with [ and ]; Backspace counts in ups, Escape gives {clear}. */
    keyboardSelect?: KeySelect;
    /** Out: the choropleth has been coloured. */
    painted?: Painted;
    /** Out: what went wrong. */
    error?: MapError;
    /** Dash's own. */
    setProps?: (props: {[key: string]: any}) => void;
}

/** What a module may tell Dash. */
export type Emit = (props: Partial<Omit<GridMapProps, 'hover'>> & {hover?: HoverEvent | null}) => void;
