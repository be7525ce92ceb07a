/** Feature states that outlive their source: a rebuilt source gets all of them again. */
import type {Map as MlMap, Source} from 'maplibre-gl';
import type {FeatureRef} from './props';

type State = Record<string, unknown>;

interface Wanted {
    source: string;
    sourceLayer: string | undefined;
    byId: Map<number | string, State>;
}

export class FeatureStates {
    private readonly wanted = new Map<string, Wanted>();
    private readonly filled = new Map<string, Source>();

    constructor(private readonly map: MlMap) {}

    /** Merge into a feature's state; null takes a key out. */
    set({source, sourceLayer, id}: FeatureRef, change: State): void {
        const key = `${source}\n${sourceLayer ?? ''}`;
        let wanted = this.wanted.get(key);
        if (!wanted) {
            wanted = {source, sourceLayer, byId: new Map()};
            this.wanted.set(key, wanted);
        }
        const state = {...wanted.byId.get(id), ...change};
        for (const [name, value] of Object.entries(state)) {
            if (value === null) {
                delete state[name];
            }
        }
        if (Object.keys(state).length) {
            wanted.byId.set(id, state);
        } else {
            wanted.byId.delete(id);
        }
        // MapLibre keeps the state of a source and gives it to each tile that comes later.
        const held = this.source(source);
        if (held && this.filled.get(source) === held) {
            this.map.setFeatureState({...target(wanted), id}, change);
        } else if (held) {
            this.restore();
        }
    }

    /** Fill the sources that are new since the last call. */
    restore(): void {
        const sources = new Set([...this.wanted.values()].map(wanted => wanted.source));
        for (const id of sources) {
            const source = this.source(id);
            if (!source || this.filled.get(id) === source) {
                continue;
            }
            this.filled.set(id, source);
            for (const wanted of this.wanted.values()) {
                if (wanted.source === id) {
                    for (const [feature, state] of wanted.byId) {
                        this.map.setFeatureState({...target(wanted), id: feature}, state);
                    }
                }
            }
        }
    }

    private source(id: string): Source | undefined {
        // There is no style between a lost and a restored graphics context.
        return this.map.style ? this.map.getSource(id) : undefined;
    }
}

function target({source, sourceLayer}: Wanted): {source: string; sourceLayer?: string} {
    return sourceLayer === undefined ? {source} : {source, sourceLayer};
}
