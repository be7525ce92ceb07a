/** What the map tells Python. */

export interface ClickEvent {
    /** Style layer that was hit; null beside every feature. */
    layer: string | null;
    /** Source of that layer. */
    source: string | null;
    /** Layer inside the vector tiles. */
    sourceLayer: string | null;
    /** Id of the feature. */
    id: number | string | null;
    /** Properties that the feature carries. */
    properties: {[key: string]: any};
    /** Longitude and latitude of the pointer, or of the feature's middle for a key. */
    lngLat: number[];
    /** Whether it was a double click, or Shift and Enter. */
    double: boolean;
    /** Counter, so that the same click twice is two events. */
    n: number;
}

export interface KeySelect {
    /** Style layer of the chosen feature. */
    layer?: string;
    /** Source of that layer. */
    source?: string;
    /** Layer inside the vector tiles. */
    sourceLayer?: string | null;
    /** Id of the feature. */
    id?: number | string;
    /** Properties that the feature carries. */
    properties?: {[key: string]: any};
    /** Longitude and latitude of the feature's middle on the screen. */
    lngLat?: number[];
    /** Whether Shift was held. */
    double?: boolean;
    /**
     * How often Backspace was pressed so far, for one level up each: Dash may tell of the last of
     * several keys only.
     */
    ups: number;
    /** Escape: nothing selected. */
    clear?: boolean;
    /** Counter. */
    n: number;
}

export interface HoverEvent {
    /** Style layer under the pointer. */
    layer: string;
    /** Source of that layer. */
    source: string;
    /** Id of the feature. */
    id: number | string;
}

export interface Viewport {
    /** West, south, east, north in EPSG:4326. */
    bounds: number[];
    /** MapLibre zoom. */
    zoom: number;
    /** Longitude and latitude. */
    centre: number[];
}

export interface Painted {
    /** Where the values came from. */
    url: string;
    /** Features with a number. */
    values: number;
    /** Features whose number is missing. */
    missing: number;
    /** Features whose number is suppressed. */
    suppressed: number;
}

export interface MapError {
    /** no-webgl (nothing can be drawn), values (the choropleth's list did not come), map (a tile, an image, the style). */
    kind: string;
    /** What the browser said, in English, for the log. */
    message: string;
    /** HTTP status where there was one. */
    status?: number;
    /** Counter. */
    n: number;
}
