/** The shapes that cross between Python and the editing of boundaries. */

export interface EditorColours {
    /** What is in hand, chosen or changed. */
    accent: string;
    /** Behind lines and inside handles. */
    surface: string;
    /** The ring around the point that keys move. */
    text: string;
    /** What is locked, and where a line was. */
    secondary: string;
    /** Borders as they are. */
    edge: string;
    /** Ground that comes to us. */
    gain: string;
    /** Ground that goes. */
    loss: string;
    /** The other version of a conflict, what snaps, and what is refused. */
    theirs: string;
    /** Pins of comments. */
    pin: string;
}

export interface Selection {
    /** Ids of units. */
    units: number[];
    /** Ids of buildings. */
    buildings: number[];
    /** Id of an estate. */
    estate?: number;
}

export interface EditorSpec {
    /** Id of the change order. */
    order: number;
    /** Address that its ground and its operations lie under, such as boundaries/12. */
    url: string;
    /** Language of sentences and names, zh or en. */
    language: string;
    /** look, select, move, draw_line or draw_area. */
    tool: string;
    /** What a drawn line or area is for: reshape, follow, split, divide, hand_over_area or select; pin with the tool look. */
    purpose?: string;
    /** How an area is drawn: polygon, rectangle or freehand. */
    shape?: string;
    /** What is chosen. */
    selection?: Selection;
    /** What a click or a drawn area chooses: units or buildings; by zoom when left out. */
    picks?: string;
    /** Unit that takes an area that is drawn for it. */
    to?: number;
    /** Level of the units that a division makes. */
    level?: number;
    /** Whether lines to split by are gathered until Enter. */
    several?: boolean;
    /** Address of the pins of comments, GeoJSON. */
    comments?: string;
    /** What stands against the order: {units: [{mine, theirs, edges}]}, GeoJSON geometries or null; both versions are drawn. */
    conflict?: {[key: string]: any};
    /** Words: border, border_locked, point, node, middle, fixed, moved, unnamed, refused_locked, waiting, hint_follow_road, hint_follow_start, hint_follow_end. */
    texts?: {[key: string]: string};
    /** Colours of the present light. */
    colours: EditorColours;
}

export interface Edited {
    /** Revision of the order after it. */
    revision: number;
    /** Steps in force. */
    done: number;
    /** Steps in force and undone. */
    steps: number;
    /** What was done, in a sentence; empty when the ground was fetched. */
    said: string;
    /** Counter. */
    n: number;
}

export interface PickedOut {
    /** Ids of units. */
    units: number[];
    /** Ids of buildings. */
    buildings: number[];
    /** Id of an estate. */
    estate?: number;
    /** Counter. */
    n: number;
}

export interface RefusedOut {
    /** Why, in a sentence. */
    sentence: string;
    /** Counter. */
    n: number;
}

export interface PinnedOut {
    /** Where a comment is to go. */
    lngLat?: number[];
    /** Comment whose pin was clicked. */
    comment?: number;
    /** Counter. */
    n: number;
}
