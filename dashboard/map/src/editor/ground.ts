/** The borders and units in hand, with what meets where: moving a point moves every border at it. */
import type {Feature, Polygon, MultiPolygon} from 'geojson';
import {keyOf, type Arc, type Place, type Unit} from './contract';
import {LineIndex} from './lines';

export class Ground {
    readonly arcs = new Map<string, Arc>();
    readonly units = new Map<number, Unit>();
    readonly lines = new LineIndex();
    private readonly ends = new Map<string, Set<string>>();
    private readonly sides = new Map<number, Set<string>>();

    /** Take everything anew. */
    fill(arcs: Iterable<Arc>, units: Iterable<Unit>): void {
        this.arcs.clear();
        this.units.clear();
        this.lines.clear();
        this.ends.clear();
        this.sides.clear();
        for (const unit of units) {
            this.units.set(unit.id, unit);
        }
        for (const arc of arcs) {
            this.add(arc);
        }
    }

    /** Take a difference; return the faces whose outline or standing is another. */
    patch(
        arcs: {gone: string[]; new: Arc[]},
        units: {gone: number[]; new: Unit[]},
    ): Set<number> {
        const touched = new Set<number>([...units.gone, ...units.new.map(unit => unit.id)]);
        for (const id of arcs.gone) {
            const arc = this.arcs.get(id);
            if (arc) {
                this.remove(arc);
                sidesOf(arc).forEach(face => touched.add(face));
            }
        }
        units.gone.forEach(id => this.units.delete(id));
        units.new.forEach(unit => this.units.set(unit.id, unit));
        for (const arc of arcs.new) {
            const old = this.arcs.get(arc.id);
            if (old) {
                this.remove(old);
            }
            this.add(arc);
            sidesOf(arc).forEach(face => touched.add(face));
        }
        return touched;
    }

    /** The borders that end in a place. */
    at(place: Place): Arc[] {
        return [...(this.ends.get(keyOf(place)) ?? [])].map(id => this.arcs.get(id) as Arc);
    }

    /** Whether a place of a border may not be moved. */
    isLocked(arc: Arc, place: Place): boolean {
        return arc.locked || this.at(place).some(each => each.locked);
    }

    /** The borders that follow when places of a border are moved, itself among them. */
    following(arc: Arc, places: Iterable<Place>): Arc[] {
        const found = new Set([arc]);
        for (const place of places) {
            this.at(place).forEach(each => found.add(each));
        }
        return [...found];
    }

    /** The area of a face as a feature; undefined when its borders are not all there. */
    area(face: number): Feature<Polygon | MultiPolygon> | undefined {
        const unit = this.units.get(face);
        const arcs = [...(this.sides.get(face) ?? [])].map(id => this.arcs.get(id) as Arc);
        const polygons = polygonsOf(ringsOf(face, arcs));
        if (!unit || !polygons.length) {
            return undefined;
        }
        const {mine, changed, created} = unit;
        return {
            type: 'Feature',
            id: face,
            properties: {id: face, mine, changed, created},
            geometry: {type: 'MultiPolygon', coordinates: polygons},
        };
    }

    get faces(): number[] {
        return [...this.sides.keys()];
    }

    private add(arc: Arc): void {
        this.arcs.set(arc.id, arc);
        this.lines.add(arc.id, arc.line);
        for (const place of endsOf(arc)) {
            into(this.ends, keyOf(place)).add(arc.id);
        }
        sidesOf(arc).forEach(face => into(this.sides, face).add(arc.id));
    }

    private remove(arc: Arc): void {
        this.arcs.delete(arc.id);
        this.lines.remove(arc.id);
        for (const place of endsOf(arc)) {
            this.ends.get(keyOf(place))?.delete(arc.id);
        }
        for (const face of sidesOf(arc)) {
            const arcs = this.sides.get(face);
            arcs?.delete(arc.id);
            if (!arcs?.size) {
                this.sides.delete(face);
            }
        }
    }
}

export function sidesOf({left, right}: Arc): number[] {
    return [left, right].filter((face): face is number => face !== null);
}

export function endsOf({line}: Arc): Place[] {
    return [line[0] as Place, line.at(-1) as Place];
}

/** Whether a border runs around a unit and back to where it began. */
export function isRing(arc: Arc): boolean {
    const [start, end] = endsOf(arc);
    return keyOf(start as Place) === keyOf(end as Place);
}

function into<K, V>(map: Map<K, Set<V>>, key: K): Set<V> {
    let found = map.get(key);
    if (!found) {
        found = new Set();
        map.set(key, found);
    }
    return found;
}

/** Join borders into rings that keep the face on their left. */
function ringsOf(face: number, arcs: Arc[]): Place[][] {
    const onward = new Map<string, Place[][]>();
    for (const {line, left, right} of arcs) {
        for (const way of [...(left === face ? [line] : []), ...(right === face ? [[...line].reverse()] : [])]) {
            const start = keyOf(way[0] as Place);
            onward.set(start, [...(onward.get(start) ?? []), way]);
        }
    }
    const rings: Place[][] = [];
    for (const [start, ways] of onward) {
        while (ways.length) {
            const ring: Place[] = [...(ways.pop() as Place[])];
            while (keyOf(ring.at(-1) as Place) !== start) {
                const next = onward.get(keyOf(ring.at(-1) as Place))?.pop();
                if (!next) {
                    // Of a neighbour only the borders towards us are loaded.
                    return [];
                }
                ring.push(...next.slice(1));
            }
            rings.push(ring);
        }
    }
    return rings;
}

/** Put each hole into the ring around it. */
function polygonsOf(rings: Place[][]): Place[][][] {
    const outer = rings.filter(ring => twiceArea(ring) > 0).map(ring => [ring]);
    for (const hole of rings.filter(ring => twiceArea(ring) < 0)) {
        const around = outer.filter(([ring]) => isWithin(hole[0] as Place, ring as Place[]));
        (around[0] ?? outer[0])?.push(hole);
    }
    return outer;
}

function twiceArea(ring: Place[]): number {
    const [x0, y0] = ring[0] as Place;
    return ring.slice(1).reduce((sum, [x, y], k) => {
        const [px, py] = ring[k] as Place;
        return sum + (px - x0) * (y - y0) - (x - x0) * (py - y0);
    }, 0);
}

/** Whether a place lies within a ring. */
export function isWithin([x, y]: Place, ring: Place[]): boolean {
    let inside = false;
    for (let k = 0; k + 1 < ring.length; k += 1) {
        const [[ax, ay], [bx, by]] = [ring[k] as Place, ring[k + 1] as Place];
        if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) {
            inside = !inside;
        }
    }
    return inside;
}
