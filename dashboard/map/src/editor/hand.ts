/** The border in hand: its handles, and what becomes of it when one of them is moved. */
import type {Feature} from 'geojson';
import {isSame, keyOf, onGrid, type Arc, type Operation, type Place} from './contract';
import {isRing, type Ground} from './ground';
import {pixelsBetween, type Scale} from './lines';

// Nearer to each other than this, handles would hide what they stand for.
const ROOM_PX = 28;

export type HandleKind = 'point' | 'node' | 'middle' | 'locked';

export interface Handle {
    kind: HandleKind;
    at: Place;
    /** Its vertex, or the first vertex of the edge that it is the middle of. */
    k: number;
}

/** A change in hand: what to ask of the server, and the lines as they would run. */
export interface Plan {
    operation: Operation;
    lines: Map<string, Place[]>;
    at: Place;
}

/** The handles along a border, in its order. */
export function handlesOf(ground: Ground, arc: Arc, scale: Scale): Handle[] {
    const {line} = arc;
    const last = isRing(arc) ? line.length - 1 : line.length;
    const found: Handle[] = [];
    for (let k = 0; k < last; k += 1) {
        const at = line[k] as Place;
        const meets = ground.at(at).some(each => each.id !== arc.id);
        const kind = ground.isLocked(arc, at) ? 'locked' : meets ? 'node' : 'point';
        found.push({kind, at, k});
        const next = line[k + 1];
        if (!arc.locked && next && pixelsBetween(at, next, scale) >= 2 * ROOM_PX) {
            found.push({kind: 'middle', at: middle(at, next), k});
        }
    }
    return found;
}

function middle(a: Place, b: Place): Place {
    return onGrid([(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]);
}

/** Move places of a border; every border that has one of them follows. */
export function moved(ground: Ground, arc: Arc, moves: [Place, Place][]): Plan {
    const to = new Map(moves.map(([from, place]) => [keyOf(from), place]));
    const lines = new Map<string, Place[]>();
    for (const each of ground.following(arc, moves.map(([from]) => from))) {
        lines.set(each.id, each.line.map(place => to.get(keyOf(place)) ?? place));
    }
    const [, at] = moves[0] as [Place, Place];
    return {operation: {do: 'move', moves}, lines, at};
}

/** Give an edge of a border a new point. */
export function inserted(arc: Arc, k: number, at: Place): Plan {
    const line = [...arc.line.slice(0, k + 1), at, ...arc.line.slice(k + 1)];
    const operation = {do: 'insert', start: arc.line[k], end: arc.line[k + 1], at};
    return {operation, lines: new Map([[arc.id, line]]), at};
}

/** Move a handle to a place. */
export function planned(ground: Ground, arc: Arc, handle: Handle, to: Place): Plan {
    return handle.kind === 'middle'
        ? inserted(arc, handle.k, to)
        : moved(ground, arc, [[handle.at, to]]);
}

/** Move the whole border by as much as leads from one place to another; locked points stay. */
export function shifted(ground: Ground, arc: Arc, from: Place, to: Place): Plan | undefined {
    const by = [to[0] - from[0], to[1] - from[1]] as const;
    const free = arc.line.filter((place, k) =>
        !ground.isLocked(arc, place) && arc.line.findIndex(each => isSame(each, place)) === k);
    const moves = free.map((place): [Place, Place] =>
        [place, onGrid([place[0] + by[0], place[1] + by[1]])]);
    return moves.length ? {...moved(ground, arc, moves), at: to} : undefined;
}

/** What is in hand as features to draw. */
export function drawn(
    lines: Iterable<Place[]>,
    handles: Handle[],
    {ghosts = [], focus, snap, isRefused = false}: {
        ghosts?: Place[][];
        focus?: Handle | undefined;
        snap?: Place | undefined;
        isRefused?: boolean;
    } = {},
): Feature[] {
    const line = (kind: string, coordinates: Place[]): Feature => ({
        type: 'Feature',
        properties: {kind, refused: isRefused},
        geometry: {type: 'LineString', coordinates},
    });
    const point = (kind: string, coordinates: Place, isFocus = false): Feature => ({
        type: 'Feature',
        properties: {kind, focus: isFocus},
        geometry: {type: 'Point', coordinates},
    });
    return [
        ...ghosts.map(each => line('ghost', each)),
        ...[...lines].map(each => line('line', each)),
        ...handles.map(each => point(each.kind, each.at, each === focus)),
        ...(snap ? [point('snap', snap)] : []),
    ];
}
