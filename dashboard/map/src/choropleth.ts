/** Colour by value: one list fetched by address, turned into feature states. */
import type {Gaps} from './style';
import type {ChoroplethSpec, Emit} from './props';
import type {FeatureStates} from './states';

type Id = number | string;

interface Values {
    ids: Id[];
    values: (number | null)[];
    suppressed: Set<Id>;
    breaks: number[];
}

/** What is known of one feature: a number, a gap, or undefined when it is not in the list. */
export type Known = number | 'missing' | 'suppressed' | undefined;

const NONE: Values = {ids: [], values: [], suppressed: new Set(), breaks: []};

export class Choropleth {
    private spec: ChoroplethSpec | undefined;
    private loaded: Values = NONE;
    private known = new Map<Id, Known>();
    private fetching: AbortController | undefined;
    private errors = 0;

    constructor(
        private readonly states: FeatureStates,
        private readonly emit: Emit,
        private readonly onGaps: () => void,
        private readonly onValues: () => void,
    ) {}

    /** Which patterns the values need. */
    get gaps(): Gaps {
        const kinds = new Set(this.known.values());
        return {missing: kinds.has('missing'), suppressed: kinds.has('suppressed')};
    }

    /** What the list says of a feature of the coloured source. */
    valueOf(source: string, sourceLayer: string | undefined, id: Id): Known {
        const {spec} = this;
        const ours = source === spec?.source && (sourceLayer ?? '') === (spec.sourceLayer ?? '');
        return ours ? this.known.get(id) : undefined;
    }

    update(spec: ChoroplethSpec | undefined): void {
        const before = this.spec;
        if (JSON.stringify(before) === JSON.stringify(spec)) {
            return;
        }
        const place = (of: ChoroplethSpec | undefined) =>
            of && [of.source, of.sourceLayer, of.stateKey].join('\n');
        if (before && place(before) !== place(spec)) {
            this.paint(before, NONE);
        }
        this.spec = spec;
        if (!spec) {
            this.fetching?.abort();
            this.loaded = NONE;
        } else if (before?.url === spec.url && place(before) === place(spec)) {
            this.paint(spec, this.loaded);
        } else {
            void this.load(spec);
        }
    }

    stop(): void {
        this.fetching?.abort();
    }

    private async load(spec: ChoroplethSpec): Promise<void> {
        this.fetching?.abort();
        const fetching = (this.fetching = new AbortController());
        let values: Values | undefined;
        try {
            const response = await fetch(spec.url, {
                signal: fetching.signal,
                headers: {Accept: 'application/json'},
            });
            if (!response.ok) {
                this.fail(`${response.status} ${response.statusText}`, response.status);
            } else {
                values = read(await response.json());
            }
        } catch (error) {
            if (!fetching.signal.aborted) {
                this.fail(String(error));
            }
        }
        // Colours of another measure would be wrong numbers, so a failed list leaves none.
        if (!fetching.signal.aborted && this.spec) {
            this.loaded = values ?? NONE;
            this.paint(this.spec, this.loaded);
            this.onValues();
            if (!values) {
                return;
            }
            const kinds = [...this.known.values()];
            const count = (kind: Known) => kinds.filter(each => each === kind).length;
            const [missing, suppressed] = [count('missing'), count('suppressed')];
            const numbers = kinds.length - missing - suppressed;
            this.emit({painted: {url: spec.url, values: numbers, missing, suppressed}});
        }
    }

    private fail(message: string, status?: number): void {
        this.errors += 1;
        this.emit({error: {kind: 'values', message, status, n: this.errors}});
    }

    private paint(spec: ChoroplethSpec, values: Values): void {
        const {source, sourceLayer, stateKey = 'v', classes} = spec;
        const breaks = classes.breaks ?? values.breaks;
        const before = JSON.stringify(this.gaps);
        const gone = this.known;
        this.known = new Map();
        values.ids.forEach((id, i) => {
            const value = values.values[i] ?? null;
            const known = values.suppressed.has(id) ? 'suppressed' : (value ?? 'missing');
            this.known.set(id, known);
            gone.delete(id);
            const gap = typeof known === 'string' ? known : null;
            this.states.set(
                {source, sourceLayer, id},
                {
                    [stateKey]: gap ? null : known,
                    colour: gap ? null : colourOf(known as number, breaks, classes.colours),
                    gap,
                    listed: true,
                },
            );
        });
        for (const id of gone.keys()) {
            const bare = {[stateKey]: null, colour: null, gap: null, listed: null};
            this.states.set({source, sourceLayer, id}, bare);
        }
        if (JSON.stringify(this.gaps) !== before) {
            this.onGaps();
        }
    }
}

/** Colour of the class a value falls into. */
export function colourOf(value: number, breaks: number[], colours: string[]): string | null {
    let at = 0;
    while (at < breaks.length && value >= (breaks[at] as number)) {
        at += 1;
    }
    return colours[Math.min(at, colours.length - 1)] ?? null;
}

function read(body: {ids?: Id[]; values?: (number | null)[]; s?: Id[]; breaks?: number[]}): Values {
    return {
        ids: [...(body.ids ?? []), ...(body.s ?? []).filter(id => !body.ids?.includes(id))],
        values: body.values ?? [],
        suppressed: new Set(body.s),
        breaks: body.breaks ?? [],
    };
}
