/** What the pointer or the keyboard is on: outline, card and the event. */
import type {HoverCard} from './card';
import type {Choropleth} from './choropleth';
import type {Picked} from './pick';
import type {Emit, GridMapProps} from './props';
import type {FeatureStates} from './states';

const EVENT_PAUSE_MS = 125;

export class Hover {
    private on: Picked | undefined;
    private where = {x: 0, y: 0};
    private byKey = false;
    private told: string | undefined;
    private timer: number | undefined;

    constructor(
        private readonly states: FeatureStates,
        private readonly choropleth: Choropleth,
        private readonly card: HoverCard,
        private readonly props: () => GridMapProps,
        private readonly emit: Emit,
    ) {}

    /** Feature that is lit up now. */
    get feature(): Picked | undefined {
        return this.on;
    }

    /** Whether a key led to it; a mouse that only rests there has no say then. */
    get isByKey(): boolean {
        return this.byKey && this.on !== undefined;
    }

    /** Where its card is. */
    get at(): {x: number; y: number} {
        return this.where;
    }

    /** Write the card anew: what it says, or in which words, has changed. */
    refresh(): void {
        this.move(this.on, this.where, {byKey: this.byKey});
    }

    /** Light up a feature, or none, with the card at x, y. */
    move(
        feature: Picked | undefined,
        at: {x: number; y: number},
        {byKey = false}: {byKey?: boolean} = {},
    ): void {
        if (keyOf(feature) !== keyOf(this.on)) {
            if (this.on) {
                this.states.set(this.on, {hover: null});
            }
            if (feature) {
                this.states.set(feature, {hover: true});
            }
        }
        this.on = feature;
        this.byKey = byKey;
        this.where = {x: at.x, y: at.y};
        if (feature) {
            const value = this.choropleth.valueOf(feature.source, feature.sourceLayer, feature.id);
            const {hoverCard, texts = {}} = this.props();
            this.card.show({...feature, value}, at, hoverCard, texts, {aloud: byKey});
        } else {
            this.card.hide();
        }
        this.tell();
    }

    stop(): void {
        window.clearTimeout(this.timer);
    }

    /** Tell Dash at once when it has not heard for a while, else after the pause. */
    private tell(): void {
        if (this.timer !== undefined || this.told === keyOf(this.on)) {
            return;
        }
        this.told = keyOf(this.on);
        this.emit({
            hover: this.on ? {layer: this.on.layer, source: this.on.source, id: this.on.id} : null,
        });
        this.timer = window.setTimeout(() => {
            this.timer = undefined;
            this.tell();
        }, EVENT_PAUSE_MS);
    }
}

function keyOf(feature: Picked | undefined): string | undefined {
    return feature && JSON.stringify([feature.layer, feature.source, feature.id]);
}
