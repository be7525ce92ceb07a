/** Choosing units and buildings: by click, and whatever lies within a drawn area. */
import type {MapGeoJSONFeature} from 'maplibre-gl';
import type {Place} from './contract';
import type {Desk, Pointed, Tool} from './desk';
import {isWithin} from './ground';
import {FACES, FILL_LAYER} from './layers';
import {pixelsBetween} from './lines';
import type {Selection} from './props';

const BUILDINGS = 'buildings';
// From here on single buildings can be told apart.
const BUILDINGS_FROM_ZOOM = 15;

const OUTSIDE: Place = [0, 90];

interface Found {
    kind: 'units' | 'buildings';
    id: number;
}

export class Selecting implements Tool {
    private shown: Selection = {units: [], buildings: []};
    private hovered: number | undefined;
    private way: number[] = [];

    constructor(private readonly desk: Desk) {}

    start(): void {
        this.refresh();
    }

    stop(): void {
        this.light(undefined);
        this.desk.cursor('');
    }

    /** Show what is chosen, whoever chose it. */
    refresh(): void {
        this.show(this.desk.spec().selection ?? {units: [], buildings: []});
    }

    /** Show nothing as chosen. */
    forget(): void {
        this.show({units: [], buildings: []});
    }

    hover(at: Pointed): void {
        const found = this.at(at);
        this.light(found?.kind === 'units' ? found.id : undefined);
        this.desk.cursor(found ? 'pointer' : '');
    }

    click(at: Pointed): void {
        const found = this.at(at);
        const isAdding = at.shift || at.isTouch;
        if (found) {
            this.toggle(found, isAdding);
        } else if (!isAdding) {
            this.choose({units: [], buildings: []});
        }
    }

    /** Walk the units in view from the middle outwards, and choose; Shift adds. */
    key(event: KeyboardEvent): boolean {
        if (event.key === ']' || event.key === '[') {
            this.step(event.key === ']' ? 1 : -1);
            return true;
        }
        if (event.key === 'Enter' && this.hovered !== undefined) {
            this.toggle({kind: 'units', id: this.hovered}, event.shiftKey);
            return true;
        }
        return false;
    }

    cancel(): boolean {
        const {units, buildings} = this.shown;
        if (units.length || buildings.length) {
            this.choose({units: [], buildings: []});
            return true;
        }
        return false;
    }

    /** Choose what lies within a ring. */
    within(ring: Place[], isAdding: boolean): void {
        const kind = this.kind();
        const found = kind === 'units' ? this.unitsWithin(ring) : this.buildingsWithin(ring);
        const before = isAdding ? this.shown[kind] : [];
        this.choose({units: [], buildings: [], [kind]: [...new Set([...before, ...found])]});
    }

    private toggle({kind, id}: Found, isAdding: boolean): void {
        const ids = isAdding ? this.shown[kind] : [];
        const after = ids.includes(id) ? ids.filter(each => each !== id) : [...ids, id];
        // Units and buildings are handed over in different ways: one kind at a time.
        this.choose({units: [], buildings: [], [kind]: after});
    }

    private step(by: number): void {
        const {map, ground, scale} = this.desk;
        const here = this.hovered === undefined ? -1 : this.way.indexOf(this.hovered);
        if (here < 0) {
            const bounds = map.getBounds();
            const centre = map.getCenter().toArray() as Place;
            const far = (face: number) => pixelsBetween(ground.units.get(face)?.label as Place, centre, scale);
            this.way = ground.faces
                .filter(face => bounds.contains(ground.units.get(face)?.label ?? OUTSIDE))
                .sort((a, b) => far(a) - far(b));
        }
        const {length} = this.way;
        const next = length ? this.way[(here < 0 && by < 0 ? length - 1 : here + by + length) % length] : undefined;
        this.light(next);
        if (next !== undefined) {
            this.desk.speak(this.desk.nameOf(next));
        }
    }

    private choose(selection: Selection): void {
        this.show(selection);
        this.desk.tell({picked: selection});
    }

    private show(selection: Selection): void {
        const {states} = this.desk;
        const mark = (kind: 'units' | 'buildings', id: number, picked: true | null) =>
            states.set(
                kind === 'units'
                    ? {source: FACES, id}
                    : {source: BUILDINGS, sourceLayer: BUILDINGS, id},
                {picked},
            );
        for (const kind of ['units', 'buildings'] as const) {
            this.shown[kind].forEach(id => mark(kind, id, null));
            selection[kind].forEach(id => mark(kind, id, true));
        }
        this.shown = selection;
    }

    private light(id: number | undefined): void {
        if (id !== this.hovered) {
            const set = (face: number | undefined, hover: true | null) =>
                face !== undefined && this.desk.states.set({source: FACES, id: face}, {hover});
            set(this.hovered, null);
            set(id, true);
            this.hovered = id;
        }
    }

    private kind(): 'units' | 'buildings' {
        const {picks} = this.desk.spec();
        if (picks === 'units' || picks === 'buildings') {
            return picks;
        }
        return this.desk.map.getZoom() >= BUILDINGS_FROM_ZOOM ? 'buildings' : 'units';
    }

    private at({point}: Pointed): Found | undefined {
        const {map} = this.desk;
        const {picks} = this.desk.spec();
        const [x, y] = [point.x, point.y];
        const first = (layer: string): MapGeoJSONFeature | undefined =>
            map.getLayer(layer) && map.queryRenderedFeatures([x, y], {layers: [layer]})[0];
        const building = picks !== 'units' && map.getZoom() >= BUILDINGS_FROM_ZOOM - 1
            ? first(BUILDINGS)
            : undefined;
        if (building) {
            return {kind: 'buildings', id: Number(building.id)};
        }
        const unit = picks !== 'buildings' ? first(FILL_LAYER) : undefined;
        return unit && {kind: 'units', id: Number(unit.id)};
    }

    private unitsWithin(ring: Place[]): number[] {
        const {ground} = this.desk;
        return ground.faces.filter(face => {
            const label = ground.units.get(face)?.label;
            return label && isWithin(label, ring);
        });
    }

    private buildingsWithin(ring: Place[]): number[] {
        const {map} = this.desk;
        if (!map.getLayer(BUILDINGS)) {
            return [];
        }
        const corners = ring.map(place => map.project(place));
        const [xs, ys] = [corners.map(({x}) => x), corners.map(({y}) => y)];
        const box: [[number, number], [number, number]] = [
            [Math.min(...xs), Math.min(...ys)],
            [Math.max(...xs), Math.max(...ys)],
        ];
        const inside = new Set<number>();
        const outside = new Set<number>();
        for (const {id, geometry} of map.queryRenderedFeatures(box, {layers: [BUILDINGS]})) {
            const outline = outlineOf(geometry);
            // A footprint cut by the edge of a tile comes in pieces: all of them must lie within.
            const isIn = outline.length > 0 && isWithin(middleOf(outline), ring);
            (isIn ? inside : outside).add(Number(id));
        }
        return [...inside].filter(id => !outside.has(id));
    }
}

function outlineOf(geometry: GeoJSON.Geometry): Place[] {
    if (geometry.type === 'Polygon') {
        return (geometry.coordinates[0] ?? []) as Place[];
    }
    return geometry.type === 'MultiPolygon' ? ((geometry.coordinates[0]?.[0] ?? []) as Place[]) : [];
}

function middleOf(outline: Place[]): Place {
    const open = outline.slice(1);
    const sum = open.reduce(([sx, sy], [x, y]) => [sx + x, sy + y] as Place, [0, 0] as Place);
    return [sum[0] / open.length, sum[1] / open.length];
}
