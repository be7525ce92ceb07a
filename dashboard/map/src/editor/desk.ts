/** What the tools of the editor share: the map, the ground, and how to show and say things. */
import type {Feature, FeatureCollection} from 'geojson';
import type {GeoJSONSource, GeoJSONSourceDiff, Map as MlMap} from 'maplibre-gl';
import type {Emit} from '../props';
import type {FeatureStates} from '../states';
import {fill} from '../text';
import {onGrid, type Operation, type Place} from './contract';
import type {Ground} from './ground';
import {HAND} from './layers';
import {LineIndex, scaleAt, type Hit, type Scale} from './lines';
import type {EditorSpec} from './props';
import type {Way} from './roads';
import type {Outcome, Session} from './session';

const SNAP_PX = 12;
const SAID_MS = 8000;
// Tiles of what was changed are drawn anew within this.
const SETTLE_MS = 1500;

/** Where the pointer is, and how it is held. */
export interface Pointed {
    point: {x: number; y: number};
    place: Place;
    isTouch: boolean;
    shift: boolean;
    alt: boolean;
}

/** One way of working on the map. */
export interface Tool {
    start(): void;
    stop(): void;
    /** What is on the map has changed under the tool. */
    refresh?(): void;
    /** Take hold of what is there; false leaves the map to be moved. */
    down?(at: Pointed): boolean;
    drag?(at: Pointed): void;
    drop?(): void;
    hover?(at: Pointed): void;
    click?(at: Pointed): void;
    /** Whether a key means something here. */
    key?(event: KeyboardEvent): boolean;
    /** Leave what is being done undone; false when there is nothing. */
    cancel?(): boolean;
    /** Carry out what has been prepared. */
    finish?(): void;
    remove?(): void;
}

export interface Snapped {
    at: Place;
    hit: Hit;
    from: 'arcs' | 'roads';
}

export class Desk {
    readonly roads = new LineIndex();
    isTouch = false;
    /** The road or river that a line of the index is of. */
    wayOf: (key: string) => Way | undefined = () => undefined;
    /** Whether the next place is taken as it is. */
    isFree = false;
    private readonly spoken = document.createElement('div');
    private readonly bubble = document.createElement('div');
    private bubbleAt: Place | undefined;
    private timer: number | undefined;
    private n = 0;

    constructor(
        readonly map: MlMap,
        readonly ground: Ground,
        readonly session: Session,
        readonly states: FeatureStates,
        readonly spec: () => EditorSpec,
        private readonly emit: Emit,
    ) {
        this.spoken.className = 'citygrid-spoken';
        this.spoken.setAttribute('aria-live', 'polite');
        this.bubble.className = 'citygrid-edit-said';
        this.bubble.setAttribute('role', 'alert');
        this.bubble.hidden = true;
        map.getContainer().append(this.spoken, this.bubble);
        map.on('move', this.follow);
    }

    remove(): void {
        window.clearTimeout(this.timer);
        this.map.off('move', this.follow);
        this.spoken.remove();
        this.bubble.remove();
    }

    get scale(): Scale {
        return scaleAt(this.map.getZoom(), this.map.getCenter().lat);
    }

    /** What snaps at a place: exact borders, then roads; nothing while Alt is held. */
    snap(place: Place, {arcs = true}: {arcs?: boolean} = {}): Snapped | undefined {
        if (this.isFree) {
            return undefined;
        }
        const {scale} = this;
        const border = arcs ? this.ground.lines.nearest(place, SNAP_PX, scale) : undefined;
        const road = this.roads.nearest(place, SNAP_PX, scale);
        // Where both are near, a line is to end on the border.
        const hit = border ?? road;
        return hit && {at: onGrid(hit.at), hit, from: border ? 'arcs' : 'roads'};
    }

    /** Draw what is in hand; it is little, so it is drawn whole. */
    hold(features: Feature[]): void {
        this.source(HAND)?.setData({type: 'FeatureCollection', features});
    }

    put(source: string, data: FeatureCollection): void {
        void this.source(source)?.setData(data);
    }

    change(source: string, difference: GeoJSONSourceDiff): void {
        void this.source(source)?.updateData(difference);
    }

    /** Wait until the map shows what it was given. */
    settled(): Promise<void> {
        return new Promise(done => {
            const timer = window.setTimeout(done, SETTLE_MS);
            this.map.once('idle', () => {
                window.clearTimeout(timer);
                done();
            });
            this.map.triggerRepaint();
        });
    }

    /** Carry out an operation; a refusal is said at its place. */
    async do(operation: Operation, at: Place): Promise<Outcome> {
        this.hush();
        const outcome = await this.session.do(operation);
        if (outcome.isDone) {
            this.speak(outcome.sentence);
        } else {
            this.say(outcome.sentence, at);
        }
        return outcome;
    }

    /** Say a sentence at a place of the map, and to a screen reader. */
    say(sentence: string, at: Place): void {
        this.bubble.textContent = sentence;
        this.bubble.hidden = false;
        this.bubbleAt = at;
        this.follow();
        window.clearTimeout(this.timer);
        this.timer = window.setTimeout(() => this.hush(), SAID_MS);
    }

    hush(): void {
        this.bubble.hidden = true;
        this.bubbleAt = undefined;
    }

    speak(sentence: string): void {
        this.spoken.textContent = sentence;
    }

    /** A text of the page with its braces filled. */
    word(key: string, properties: Record<string, unknown> = {}): string {
        const format = {locale: this.spec().language === 'zh' ? 'zh-CN' : 'en'};
        return fill(this.spec().texts?.[key] ?? '', properties, format) ?? '';
    }

    /** What a unit is called. */
    nameOf(unit: number | null): string {
        const found = unit === null ? undefined : this.ground.units.get(unit);
        return found?.names[this.spec().language] || found?.code || this.word('unnamed');
    }

    tell(out: Record<string, object>): void {
        const [name, value] = Object.entries(out)[0] as [string, object];
        this.emit({[name]: {...value, n: ++this.n}});
    }

    cursor(name: string): void {
        this.map.getCanvas().style.cursor = name;
    }

    private readonly follow = (): void => {
        if (this.bubbleAt) {
            const {x, y} = this.map.project(this.bubbleAt);
            this.bubble.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
        }
    };

    private source(id: string): GeoJSONSource | undefined {
        return this.map.style ? (this.map.getSource(id) as GeoJSONSource | undefined) : undefined;
    }
}
