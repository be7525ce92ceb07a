/** Which feature is meant: under the pointer, or next on the way of the keyboard. */
import type {Geometry} from 'geojson';
import type {Map, MapGeoJSONFeature, PointLike} from 'maplibre-gl';

/** A feature that can be hovered, chosen and described. */
export interface Picked {
    layer: string;
    source: string;
    sourceLayer: string | undefined;
    id: number | string;
    properties: Record<string, unknown>;
}

/** The topmost feature at a point; `interactive` gives the order of the layers. */
export function pick(map: Map, point: PointLike, interactive: string[]): Picked | undefined {
    const layers = interactive.filter(layer => isThere(map, layer));
    if (!layers.length) {
        return undefined;
    }
    const found = map.queryRenderedFeatures(point, {layers}).filter(({id}) => id !== undefined);
    const rank = (feature: MapGeoJSONFeature) => layers.indexOf(feature.layer.id);
    const best = found.reduce<MapGeoJSONFeature | undefined>(
        (first, next) => (first && rank(first) <= rank(next) ? first : next),
        undefined,
    );
    return best && picked(best);
}

/** A feature with its middle on the screen. */
export interface Placed extends Picked {
    x: number;
    y: number;
}

/** The features of one layer in view, the one nearest to the middle of the map first. */
export function inView(map: Map, layer: string): Placed[] {
    if (!isThere(map, layer)) {
        return [];
    }
    const {clientWidth: width, clientHeight: height} = map.getContainer();
    const boxes = new globalThis.Map<number | string, {feature: MapGeoJSONFeature; box: Box}>();
    for (const feature of map.queryRenderedFeatures({layers: [layer]})) {
        if (feature.id === undefined) {
            continue;
        }
        // A polygon comes in one piece for each tile it touches.
        const known = boxes.get(feature.id) ?? {feature, box: new Box()};
        known.box.add(map, feature.geometry);
        boxes.set(feature.id, known);
    }
    const placed = [...boxes.values()].map(({feature, box}) => ({
        ...picked(feature),
        ...box.middle(width, height),
    }));
    const far = ({x, y}: Placed) => Math.hypot(x - width / 2, y - height / 2);
    return placed.sort((a, b) => far(a) - far(b));
}

function isThere(map: Map, layer: string): boolean {
    // There is no style between a lost and a restored graphics context.
    return Boolean(map.style && map.getLayer(layer));
}

class Box {
    private west = Infinity;
    private north = Infinity;
    private east = -Infinity;
    private south = -Infinity;

    add(map: Map, geometry: Geometry): void {
        const visit = (part: unknown): void => {
            if (!Array.isArray(part)) {
                return;
            }
            if (typeof part[0] === 'number') {
                const {x, y} = map.project(part as [number, number]);
                this.west = Math.min(this.west, x);
                this.east = Math.max(this.east, x);
                this.north = Math.min(this.north, y);
                this.south = Math.max(this.south, y);
            } else {
                part.forEach(visit);
            }
        };
        visit('coordinates' in geometry ? geometry.coordinates : []);
    }

    /** Middle of what is on the screen. */
    middle(width: number, height: number): {x: number; y: number} {
        const between = (low: number, high: number, end: number) =>
            (Math.max(0, low) + Math.min(end, high)) / 2;
        return {
            x: between(this.west, this.east, width),
            y: between(this.north, this.south, height),
        };
    }
}

function picked({layer, source, sourceLayer, id, properties}: MapGeoJSONFeature): Picked {
    return {layer: layer.id, source, sourceLayer, id: id as number | string, properties};
}
