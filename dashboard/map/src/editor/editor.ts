/** The editor of boundaries on the map: what is drawn of a change order, and the tool in use. */
import type {FeatureCollection, Geometry} from 'geojson';
import type {Map as MlMap, StyleSpecification} from 'maplibre-gl';
import type {Emit} from '../props';
import type {FeatureStates} from '../states';
import type {DoneAnswer, GroundAnswer, Place} from './contract';
import {Desk, type Tool} from './desk';
import {Drawing} from './drawing';
import {Following} from './following';
import {Ground} from './ground';
import {Hands} from './hands';
import {ARCS, before, CONFLICTS, FACES, layersOf, MOVED, NAMES, PINS, PREFIX, SOURCES} from './layers';
import {Looking} from './looking';
import {Moving} from './moving';
import type {EditorSpec} from './props';
import {Roads} from './roads';
import {Selecting} from './selecting';
import {sessionOf, type News, type Session} from './session';

/** A unit that two orders changed: its outline in either, and the edges that both changed. */
interface Clash {
    mine: Geometry | null;
    theirs: Geometry | null;
    edges: Geometry | null;
}

const EMPTY: FeatureCollection = {type: 'FeatureCollection', features: []};

export class Editor {
    private readonly ground = new Ground();
    private readonly session: Session;
    private readonly desk: Desk;
    private readonly roads: Roads;
    private readonly tools: Record<string, Tool>;
    private readonly hands: Hands;
    private readonly selecting: Selecting;
    private readonly deafen: () => void;
    private tool: Tool | undefined;
    private isDrawn = false;

    constructor(
        private readonly map: MlMap,
        private readonly states: FeatureStates,
        private spec: EditorSpec,
        private readonly coloured: () => string | undefined,
        emit: Emit,
    ) {
        this.session = sessionOf(spec.url);
        this.session.language = spec.language;
        this.desk = new Desk(map, this.ground, this.session, states, () => this.spec, emit);
        this.roads = new Roads(map, this.desk.roads, spec.url);
        this.desk.wayOf = key => this.roads.ids.get(key);
        this.selecting = new Selecting(this.desk);
        this.tools = {
            look: new Looking(this.desk),
            select: this.selecting,
            move: new Moving(this.desk),
            draw: new Drawing(this.desk, this.selecting),
            follow: new Following(this.desk),
        };
        this.hands = new Hands(map, this.desk, () => this.tool, touched => this.restyle(touched));
        this.deafen = this.session.listen(news => this.hear(news));
        map.on('moveend', this.onMove);
        // What is there from before is shown until what may have come since is.
        this.fill();
        void this.session.load();
        void this.roads.look();
    }

    get url(): string {
        return this.spec.url;
    }

    /** Whether clicks and keys are the tool's and not the page's. */
    get isBusy(): boolean {
        return this.spec.tool !== 'look' || this.spec.purpose === 'pin';
    }

    /** Put the editor's sources and layers on a style that has loaded. */
    mount(): void {
        if (this.isDrawn && this.map.getSource(ARCS)) {
            return;
        }
        for (const id of SOURCES) {
            if (!this.map.getSource(id)) {
                const promoteId = id === ARCS || id === FACES ? {promoteId: 'id'} : {};
                this.map.addSource(id, {type: 'geojson', data: EMPTY, tolerance: 0.2, ...promoteId});
            }
        }
        const style = this.map.getStyle() as StyleSpecification;
        for (const [slot, layer] of layersOf(this.spec.colours, this.desk.isTouch)) {
            if (!this.map.getLayer(layer.id)) {
                this.map.addLayer(layer, before(slot, style, this.coloured()));
            }
        }
        this.isDrawn = true;
        this.states.restore();
        this.draw();
        this.begin();
    }

    update(spec: EditorSpec): void {
        const last = this.spec;
        this.spec = spec;
        this.session.language = spec.language;
        const differs = (...names: (keyof EditorSpec)[]) =>
            names.some(name => JSON.stringify(last[name]) !== JSON.stringify(spec[name]));
        if (!this.isDrawn) {
            return;
        }
        if (differs('colours')) {
            this.restyle(this.desk.isTouch);
        }
        if (differs('tool', 'purpose', 'shape') || (differs('colours') && this.tool === this.tools.draw)) {
            this.begin();
        }
        if (differs('selection')) {
            this.selecting.refresh();
        }
        if (differs('comments')) {
            this.pin();
        }
        if (differs('conflict')) {
            this.clash();
        }
        if (differs('language')) {
            this.name();
        }
    }

    /** Leave the map as it was before. */
    remove(): void {
        this.tool?.stop();
        this.selecting.forget();
        this.hands.remove();
        this.deafen();
        this.roads.stop();
        this.map.off('moveend', this.onMove);
        this.desk.remove();
        if (this.map.style) {
            const own = (this.map.getStyle()?.layers ?? []).filter(({id}) => id.startsWith(PREFIX));
            own.forEach(({id}) => this.map.removeLayer(id));
            SOURCES.filter(id => this.map.getSource(id)).forEach(id => this.map.removeSource(id));
        }
    }

    /** What buttons of the page ask the tool for. */
    act(what: string): void {
        const acts: Record<string, () => void> = {
            cancel: () => this.tool?.cancel?.(),
            finish: () => this.tool?.finish?.(),
            remove: () => this.tool?.remove?.(),
        };
        acts[what]?.();
    }

    press(event: KeyboardEvent): boolean {
        return this.hands.press(event);
    }

    private readonly onMove = (): void => {
        void this.roads.look();
        this.tool?.refresh?.();
    };

    private begin(): void {
        this.tool?.stop();
        const {tool, purpose} = this.spec;
        const name = tool.startsWith('draw') ? (purpose === 'follow' ? 'follow' : 'draw') : tool;
        this.tool = this.tools[name] ?? this.tools.look;
        this.tool?.start();
    }

    private hear(news: News): void {
        if (news.kind === 'ground') {
            this.fill();
            this.told(news.answer, '');
        } else if (news.kind === 'done') {
            this.patch(news.answer);
            this.told(news.answer, news.answer.said);
        } else if (news.kind === 'tried') {
            (this.tools.move as Moving).heard(news.answer.refused !== null);
            this.hatch(news.answer.moved ?? this.session.moved);
        } else if (news.kind === 'numbers') {
            this.hatch(this.session.moved);
        }
    }

    private told({revision, done, steps}: GroundAnswer | DoneAnswer, said: string): void {
        this.desk.tell({edited: {revision, done, steps, said}});
    }

    private fill(): void {
        this.ground.fill(this.session.arcs.values(), this.session.units.values());
        if (this.isDrawn) {
            this.draw();
            this.tool?.refresh?.();
        }
    }

    private draw(): void {
        const areas = this.ground.faces.flatMap(face => this.ground.area(face) ?? []);
        this.desk.put(FACES, {type: 'FeatureCollection', features: areas});
        const arcs = [...this.ground.arcs.values()].map(featureOf);
        this.desk.put(ARCS, {type: 'FeatureCollection', features: arcs});
        this.show();
        this.clash();
        this.pin();
    }

    private patch({arcs, units}: DoneAnswer): void {
        const touched = this.ground.patch(arcs, units);
        if (!this.isDrawn) {
            return;
        }
        this.desk.change(ARCS, {remove: arcs.gone, add: arcs.new.map(featureOf)});
        const areas = [...touched].flatMap(face => this.ground.area(face) ?? []);
        const there = new Set(areas.map(({id}) => id));
        this.desk.change(FACES, {remove: [...touched].filter(face => !there.has(face)), add: areas});
        this.show();
        this.tool?.refresh?.();
    }

    /** Draw what follows from the order as a whole. */
    private show(): void {
        this.hatch(this.session.moved);
        this.name();
    }

    /** Draw the ground that changes hands: what comes to us, and what goes. */
    private hatch(moved: FeatureCollection): void {
        const mine = (unit: unknown) => this.ground.units.get(Number(unit))?.mine ?? false;
        const features = moved.features.map(feature => {
            const {from, to} = feature.properties ?? {};
            const side = mine(to) === mine(from) ? 'within' : mine(to) ? 'gain' : 'loss';
            return {...feature, properties: {...feature.properties, side}};
        });
        this.desk.put(MOVED, {...moved, features});
    }

    /** Draw both versions of what stands against the order. */
    private clash(): void {
        const units: Clash[] = this.spec.conflict?.units ?? [];
        const features = units.flatMap(unit =>
            (['mine', 'theirs', 'edges'] as const).flatMap(version => {
                const geometry = unit[version];
                return geometry ? [{type: 'Feature' as const, properties: {version}, geometry}] : [];
            }));
        this.desk.put(CONFLICTS, {type: 'FeatureCollection', features});
    }

    private name(): void {
        const features = [...this.ground.units.values()]
            .filter(({created, label}) => created && label)
            .map(({id, label}) => ({
                type: 'Feature' as const,
                properties: {name: this.desk.nameOf(id)},
                geometry: {type: 'Point' as const, coordinates: label as Place},
            }));
        this.desk.put(NAMES, {type: 'FeatureCollection', features});
    }

    private pin(): void {
        const source = this.map.getSource(PINS) as {setData?: (data: string | FeatureCollection) => void};
        source?.setData?.(this.spec.comments ?? EMPTY);
    }

    private restyle(isTouch: boolean): void {
        this.desk.isTouch = isTouch;
        for (const [, layer] of layersOf(this.spec.colours, isTouch)) {
            for (const [name, value] of Object.entries(layer.paint ?? {})) {
                this.map.setPaintProperty(layer.id, name as never, value as never);
            }
        }
    }
}

function featureOf(arc: {id: string; line: Place[]; locked: boolean; changed: boolean}) {
    const {id, line, locked, changed} = arc;
    return {
        type: 'Feature' as const,
        id,
        properties: {id, locked, changed},
        geometry: {type: 'LineString' as const, coordinates: line},
    };
}

