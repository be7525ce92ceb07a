/** Roads and rivers in view, to snap to and to follow: fetched for what is near, kept until far. */
import type {FeatureCollection} from 'geojson';
import type {Map as MlMap} from 'maplibre-gl';
import type {Place} from './contract';
import type {LineIndex} from './lines';

// Degrees: the most that the server gives at once. Further out than that nobody snaps to a road.
const WIDEST = 0.099;
// As much again on every side, so that small moves fetch nothing.
const MARGIN = 0.5;

/** A road or river as the server knows it. */
export interface Way {
    what: 'road' | 'river';
    id: number;
}

type Bounds = [number, number, number, number];

export class Roads {
    readonly ids = new Map<string, Way>();
    private fetched: Bounds | undefined;
    private fetching: AbortController | undefined;

    constructor(
        private readonly map: MlMap,
        private readonly lines: LineIndex,
        private readonly url: string,
    ) {}

    /** Fetch what is in view, unless it is there. */
    async look(): Promise<void> {
        const seen = this.map.getBounds().toArray().flat() as Bounds;
        const isTooWide = seen[2] - seen[0] > WIDEST || seen[3] - seen[1] > WIDEST;
        if (isTooWide || (this.fetched && isInside(seen, this.fetched))) {
            return;
        }
        const bounds = wider(seen);
        this.fetching?.abort();
        const fetching = (this.fetching = new AbortController());
        try {
            const address = `${this.url}/roads?bounds=${bounds.map(each => each.toFixed(7)).join(',')}`;
            const response = await fetch(address, {signal: fetching.signal});
            if (response.ok) {
                this.take((await response.json()) as FeatureCollection);
                this.fetched = bounds;
            }
        } catch (error) {
            // Without roads nothing snaps to them; the line's loss is told where it matters.
            if (!fetching.signal.aborted && !(error instanceof TypeError)) {
                throw error;
            }
        }
    }

    stop(): void {
        this.fetching?.abort();
    }

    private take({features}: FeatureCollection): void {
        this.lines.clear();
        this.ids.clear();
        features.forEach(({geometry, properties}, n) => {
            const parts =
                geometry.type === 'LineString' ? [geometry.coordinates]
                : geometry.type === 'MultiLineString' ? geometry.coordinates
                : [];
            parts.forEach((line, part) => {
                const key = `${n}:${part}`;
                this.lines.add(key, line as Place[]);
                this.ids.set(key, {what: properties?.kind === 'river' ? 'river' : 'road', id: properties?.id});
            });
        });
    }
}

function isInside(inner: Bounds, outer: Bounds): boolean {
    return inner[0] >= outer[0] && inner[1] >= outer[1] && inner[2] <= outer[2] && inner[3] <= outer[3];
}

function wider([west, south, east, north]: Bounds): Bounds {
    const margin = (size: number) => Math.min(size * MARGIN, (WIDEST - size) / 2);
    const [x, y] = [margin(east - west), margin(north - south)];
    return [west - x, south - y, east + x, north + y];
}
