/** What the server and the editor say to each other: JSON, places as longitude and latitude. */
import type {FeatureCollection} from 'geojson';

export type Place = [number, number];

/** A border between two units from one meeting point to the next, exact to 1e-7 degrees. */
export interface Arc {
    id: string;
    line: Place[];
    left: number | null;
    right: number | null;
    /** Whether it may not be moved. */
    locked: boolean;
    /** Whether it differs from today's. */
    changed: boolean;
}

export interface Unit {
    id: number;
    code: string;
    names: Record<string, string>;
    kind: string;
    level: number;
    parent: number | null;
    /** Whether it has an area of its own. */
    face: boolean;
    mine: boolean;
    changed: boolean;
    created: boolean;
    label: Place | null;
}

export interface Figure {
    before: number | null;
    after: number | null;
    is_exact: boolean;
}

export interface Row {
    unit: number;
    code: string;
    names: Record<string, string>;
    side: string;
    values: Record<string, Figure>;
    pieces?: number;
    compactness?: {before: number | null; after: number | null};
    deviation?: {before: number | null; after: number | null} | null;
}

export interface Numbers {
    level: number;
    columns: string[];
    rows: Row[];
}

export interface Remark {
    key: string;
    rule: string;
    units: number[];
    is_hard: boolean;
    place: Place | null;
    size: number | null;
    sentence: string;
    has_remedy: boolean;
}

interface Standing {
    revision: number;
    /** How many steps are in force, and how many there are with those undone. */
    done: number;
    steps: number;
    moved: FeatureCollection;
    numbers: Numbers;
    remarks: Remark[];
}

export interface GroundAnswer extends Standing {
    editable: boolean;
    arcs: Arc[];
    units: Unit[];
}

export interface DoneAnswer extends Standing {
    arcs: {gone: string[]; new: Arc[]};
    units: {gone: number[]; new: Unit[]};
    said: string;
    balance?: Balance;
}

/** What evens a load out, as the server tells it: shares of what each unit should have. */
export type Balance = Record<string, unknown>;

/** Something was looked for, and nothing drawn. */
export interface FoundAnswer {
    revision: number;
    balance: Balance;
}

export interface TriedAnswer {
    n: number;
    numbers: Numbers | null;
    refused: string | null;
    /** The ground that would change hands against today. */
    moved?: FeatureCollection;
}

/** One of the operations that the server knows, as it takes it. */
export type Operation = {do: string} & Record<string, unknown>;

/** Every coordinate is a whole number of these steps to a degree. */
const STEPS = 1e7;

/** The nearest place on the grid. */
export function onGrid([x, y]: Place): Place {
    // The quotient of a whole number is the very number that its decimals are read as.
    return [Math.round(x * STEPS) / STEPS, Math.round(y * STEPS) / STEPS];
}

export function keyOf(place: Place): string {
    return `${place[0]},${place[1]}`;
}

export function isSame(one: Place, other: Place): boolean {
    return one[0] === other[0] && one[1] === other[1];
}
