/** Lines by place: what lies near a point of the map, exactly, however many lines there are. */
import {keyOf, type Place} from './contract';

// Degrees: about the size of a block, so that few lines share a cell.
const CELL = 0.002;
// Far out a pixel is wider than many cells; nothing is grabbed there.
const MOST_CELLS = 40;

interface Piece {
    id: string;
    k: number;
}

/** A place on a line. */
export interface Hit {
    id: string;
    at: Place;
    /** The vertex hit, or the first vertex of the edge hit. */
    k: number;
    isVertex: boolean;
    /** In pixels. */
    distance: number;
}

/** What a pixel is at the zoom and place of a search. */
export interface Scale {
    /** Pixels in a degree of longitude. */
    pixels: number;
    /** Cosine of the latitude: a degree of latitude is that much longer on the map. */
    cosine: number;
}

export function scaleAt(zoom: number, latitude: number): Scale {
    return {pixels: (512 * 2 ** zoom) / 360, cosine: Math.cos((latitude * Math.PI) / 180)};
}

export function pixelsBetween(one: Place, other: Place, {pixels, cosine}: Scale): number {
    return Math.hypot(one[0] - other[0], (one[1] - other[1]) / cosine) * pixels;
}

export class LineIndex {
    private readonly lines = new Map<string, Place[]>();
    private readonly cells = new Map<string, Map<string, Piece>>();

    line(id: string): Place[] | undefined {
        return this.lines.get(id);
    }

    add(id: string, line: Place[]): void {
        this.lines.set(id, line);
        this.visit(id, line, (cell, piece) => {
            let here = this.cells.get(cell);
            if (!here) {
                here = new Map();
                this.cells.set(cell, here);
            }
            here.set(`${piece.id}:${piece.k}`, piece);
        });
    }

    remove(id: string): void {
        const line = this.lines.get(id);
        if (!line) {
            return;
        }
        this.lines.delete(id);
        this.visit(id, line, (cell, piece) => {
            this.cells.get(cell)?.delete(`${piece.id}:${piece.k}`);
        });
    }

    clear(): void {
        this.lines.clear();
        this.cells.clear();
    }

    /** The nearest vertex within reach, or else the nearest place on an edge. */
    nearest(
        from: Place,
        reach: number,
        scale: Scale,
        isMeant: (id: string) => boolean = () => true,
    ): Hit | undefined {
        let vertex: Hit | undefined;
        let edge: Hit | undefined;
        for (const {id, k} of this.around(from, reach, scale)) {
            const line = this.lines.get(id);
            const a = line?.[k];
            const b = line?.[k + 1];
            if (!a || !b || !isMeant(id)) {
                continue;
            }
            for (const [at, index] of [[a, k], [b, k + 1]] as const) {
                const distance = pixelsBetween(from, at, scale);
                if (distance <= reach && distance < (vertex?.distance ?? Infinity)) {
                    vertex = {id, at, k: index, isVertex: true, distance};
                }
            }
            const at = foot(from, a, b, scale.cosine);
            const distance = pixelsBetween(from, at, scale);
            if (distance <= reach && distance < (edge?.distance ?? Infinity)) {
                edge = {id, at, k, isVertex: false, distance};
            }
        }
        return vertex ?? edge;
    }

    /** The ids of the lines near a place, each once. */
    near(from: Place, reach: number, scale: Scale): Set<string> {
        return new Set([...this.around(from, reach, scale)].map(({id}) => id));
    }

    private *around(from: Place, reach: number, {pixels, cosine}: Scale): Iterable<Piece> {
        const across = Math.ceil(reach / pixels / CELL);
        const up = Math.ceil(((reach / pixels) * cosine) / CELL);
        if (across > MOST_CELLS) {
            return;
        }
        const [column, row] = [Math.floor(from[0] / CELL), Math.floor(from[1] / CELL)];
        for (let x = column - across; x <= column + across; x += 1) {
            for (let y = row - up; y <= row + up; y += 1) {
                yield* this.cells.get(`${x}:${y}`)?.values() ?? [];
            }
        }
    }

    /** Name every cell that an edge comes near, with the edge. */
    private visit(id: string, line: Place[], each: (cell: string, piece: Piece) => void): void {
        for (let k = 0; k + 1 < line.length; k += 1) {
            const [a, b] = [line[k] as Place, line[k + 1] as Place];
            const steps = Math.ceil(Math.max(Math.abs(b[0] - a[0]), Math.abs(b[1] - a[1])) / CELL) * 2;
            let last = '';
            for (let step = 0; step <= steps; step += 1) {
                const share = steps ? step / steps : 0;
                const x = Math.floor((a[0] + (b[0] - a[0]) * share) / CELL);
                const y = Math.floor((a[1] + (b[1] - a[1]) * share) / CELL);
                const cell = `${x}:${y}`;
                if (cell !== last) {
                    each(cell, {id, k});
                    last = cell;
                }
            }
        }
    }
}

/** The place on an edge that is nearest to a point, as the map shows them. */
export function foot(from: Place, a: Place, b: Place, cosine: number): Place {
    const [dx, dy] = [b[0] - a[0], (b[1] - a[1]) / cosine];
    const length = dx * dx + dy * dy;
    const along = (from[0] - a[0]) * dx + ((from[1] - a[1]) / cosine) * dy;
    const share = length ? Math.max(0, Math.min(1, along / length)) : 0;
    return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share];
}

/** The stretch of a line between two places on it, both included. */
export function stretch(line: Place[], from: Hit, to: Hit): Place[] {
    const isBack = to.k < from.k || (to.k === from.k && isBefore(line, to, from));
    const [first, last] = isBack ? [to, from] : [from, to];
    const inner = line.slice(first.k + 1, last.k + 1);
    const way = [first.at, ...inner, last.at];
    const plain = way.filter((place, i) => i === 0 || keyOf(place) !== keyOf(way[i - 1] as Place));
    return isBack ? plain.reverse() : plain;
}

function isBefore(line: Place[], one: Hit, other: Hit): boolean {
    const start = line[one.k] as Place;
    const far = ({at}: Hit) => Math.hypot(at[0] - start[0], at[1] - start[1]);
    return far(one) < far(other);
}
