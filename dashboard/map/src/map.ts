/** One map from birth to removal: what Dash asks for goes in, what happens goes out. */
import {Map as MlMap, type StyleSpecification} from 'maplibre-gl';
import {HoverCard} from './card';
import {Choropleth} from './choropleth';
import {Controls} from './controls';
import {Editor} from './editor/editor';
import {carry} from './editor/layers';
import {enrol} from './editor/page';
import {Hover} from './hover';
import {Keyboard} from './keyboard';
import {Fitting, isStill} from './motion';
import {providePatterns} from './patterns';
import {Pointer} from './pointer';
import type {ChoroplethSpec, Emit, FeatureRef, GridMapProps} from './props';
import {Sites} from './sites';
import {FeatureStates} from './states';
import {compose, keepLoaded, movedTiles, renewed} from './style';

const LABEL_FADE_MS = 150;
// A server that fails, fails for every tile: the page hears of it once in a while.
const ERROR_PAUSE_MS = 5000;

export class GridMapHost {
    readonly map: MlMap;
    private props: GridMapProps;
    private drawn: StyleSpecification;
    private isReady = false;
    private isStale = false;
    private errors = 0;
    private readonly errorsTold = new Map<string, number>();
    private coloured: ChoroplethSpec | undefined;
    private readonly states: FeatureStates;
    private readonly choropleth: Choropleth;
    private readonly tint: Choropleth;
    private readonly controls: Controls;
    private readonly fitting: Fitting;
    private readonly hover: Hover;
    private readonly pointer: Pointer;
    private readonly keyboard: Keyboard;
    private readonly sites: Sites;
    private editor: Editor | undefined;
    private readonly onKey = (event: KeyboardEvent) => this.press(event);

    constructor(
        container: HTMLElement,
        props: GridMapProps,
        private readonly emit: Emit,
    ) {
        this.props = props;
        this.drawn = this.composed({missing: false, suppressed: false});
        this.map = new MlMap({
            container,
            style: this.drawn,
            ...opening(props),
            // Addresses are relative to the page, which may lie below a path; the worker that
            // fetches tiles lies elsewhere.
            transformRequest: url => ({url: new URL(url, document.baseURI).href}),
            attributionControl: false,
            doubleClickZoom: false,
            boxZoom: false,
            dragRotate: false,
            pitchWithRotate: false,
            touchPitch: false,
            maxPitch: 0,
            renderWorldCopies: false,
            fadeDuration: isStill() ? 0 : LABEL_FADE_MS,
        });
        const current = () => this.props;
        this.map.touchZoomRotate.disableRotation();
        providePatterns(this.map);
        this.states = new FeatureStates(this.map);
        this.choropleth = new Choropleth(
            this.states,
            emit,
            () => this.restyle(),
            () => this.hover.refresh(),
        );
        // Its states are read by the page's own style: there is nothing to hatch and to hover over.
        const onlyErrors: Emit = ({error}) => error && emit({error});
        this.tint = new Choropleth(this.states, onlyErrors, () => {}, () => {});
        this.controls = new Controls(this.map);
        this.fitting = new Fitting(this.map);
        const card = new HoverCard(container);
        this.hover = new Hover(this.states, this.choropleth, card, current, emit);
        this.sites = new Sites(this.map, emit);
        const isBusy = () => this.sites.isBusy || (this.editor?.isBusy ?? false);
        this.pointer = new Pointer(this.map, this.hover, current, emit, isBusy);
        this.keyboard = new Keyboard(this.map, this.hover, current, emit);
        this.listen();
        this.controls.say(props.texts ?? {});
        this.controls.inset(props.padding ?? {});
        this.label();
        if (props.fit) {
            this.fitting.to(props.fit, props.padding ?? {}, {jump: true});
        }
        this.choropleth.update(props.choropleth);
        this.tint.update(props.tint);
        this.mark(undefined, props);
        this.edit(props);
        this.sites.update(props.sites);
    }

    /** Bring the map from the props it has to new ones. */
    update(props: GridMapProps): void {
        const before = this.props;
        this.props = props;
        const changed = (...names: (keyof GridMapProps)[]) =>
            names.some(name => isOther(before[name], props[name]));
        if (changed('texts')) {
            this.controls.say(props.texts ?? {});
        }
        if (changed('texts', 'ariaLabel')) {
            this.label();
        }
        if (changed('padding')) {
            this.controls.inset(props.padding ?? {});
        }
        if (changed('mapStyle', 'layerGroups', 'choropleth')) {
            this.keyboard.forget();
            this.restyle();
        } else if (changed('news')) {
            this.restyle();
        }
        this.choropleth.update(props.choropleth);
        this.tint.update(props.tint);
        if (changed('selected', 'highlighted')) {
            this.mark(before, props);
        }
        if (changed('fit') && props.fit) {
            this.fitting.to(props.fit, props.padding ?? {}, {jump: false});
        }
        if (changed('texts', 'hoverCard')) {
            this.hover.refresh();
        }
        if (changed('editor')) {
            this.edit(props);
        }
        if (changed('sites')) {
            this.sites.update(props.sites);
        }
    }

    remove(): void {
        this.edit({...this.props, editor: undefined});
        this.choropleth.stop();
        this.tint.stop();
        this.sites.remove();
        this.hover.stop();
        this.pointer.stop();
        this.map.remove();
    }

    private listen(): void {
        const {map} = this;
        map.on('style.load', () => {
            this.isReady = true;
            this.states.restore();
            if (this.isStale) {
                this.restyle();
            }
            this.editor?.mount();
        });
        // Before the map's own keys: an arrow moves what is in hand, and not the map as well.
        map.getCanvasContainer().addEventListener('keydown', this.onKey, {capture: true});
        map.on('webglcontextlost', () => {
            this.isReady = false;
        });
        map.once('load', () => this.tellViewport());
        map.on('moveend', () => this.tellViewport());
        map.on('error', ({error}) => this.tellError(error));
    }

    private composed(gaps = this.choropleth.gaps): StyleSpecification {
        const {mapStyle, news = {}, layerGroups = {}, choropleth} = this.props;
        // A layer that was coloured stays one coloured by state, though all its features go bare:
        // MapLibre throws when states come while tiles hold an expression that is one no more.
        this.coloured = choropleth ?? this.coloured;
        const style = renewed(mapStyle as StyleSpecification, news);
        return compose(style, layerGroups, this.coloured, gaps);
    }

    private restyle(): void {
        // A difference can only be taken to a style that has loaded.
        this.isStale = !this.isReady;
        if (this.isStale) {
            return;
        }
        const next = this.composed();
        // New tiles for an old source come in place; as a difference the source would be taken
        // down first, and the map would blink.
        for (const [id, tiles] of movedTiles(this.drawn, next)) {
            const source = this.map.getSource(id) as {setTiles?: (tiles: string[]) => void};
            source?.setTiles?.(tiles);
        }
        const before = this.drawn;
        this.drawn = next;
        this.map.setStyle(next, {
            diff: true,
            transformStyle: (previous, style) =>
                carry(previous, keepLoaded(before, previous, style), this.coloured?.layer),
        });
        this.states.restore();
    }

    private edit({editor: spec}: GridMapProps): void {
        if (this.editor && this.editor.url !== spec?.url) {
            this.editor.remove();
            this.editor = undefined;
        }
        if (this.editor && spec) {
            this.editor.update(spec);
        } else if (spec) {
            const coloured = () => this.coloured?.layer;
            this.editor = new Editor(this.map, this.states, spec, coloured, this.emit);
            if (this.isReady) {
                this.editor.mount();
            }
        }
        enrol(this.editor);
        if (this.editor?.isBusy) {
            this.hover.move(undefined, {x: 0, y: 0});
        }
    }

    private press(event: KeyboardEvent): void {
        if (this.sites.press(event) || this.editor?.press(event)) {
            event.preventDefault();
            event.stopPropagation();
        }
    }

    private mark(before: GridMapProps | undefined, after: GridMapProps): void {
        const highlighted = (props: GridMapProps | undefined): FeatureRef[] =>
            (props?.highlighted?.ids ?? []).map(id => ({...props!.highlighted!, id}));
        const selected = (props: GridMapProps | undefined) =>
            props?.selected ? [props.selected] : [];
        for (const [name, of] of [['highlight', highlighted], ['selected', selected]] as const) {
            of(before).forEach(feature => this.states.set(feature, {[name]: null}));
            of(after).forEach(feature => this.states.set(feature, {[name]: true}));
        }
    }

    private label(): void {
        const {ariaLabel, texts} = this.props;
        const label = ariaLabel ?? texts?.['Map.Title'];
        if (label) {
            this.map.getCanvas().setAttribute('aria-label', label);
        }
    }

    private tellError(error: {message: string; status?: number}): void {
        const {message, status} = error;
        if (status === undefined) {
            // Not an answer of the server but a mistake, most often in the style.
            console.error(error);
        }
        const kind = String(status ?? message);
        const now = performance.now();
        if (now - (this.errorsTold.get(kind) ?? -Infinity) > ERROR_PAUSE_MS) {
            this.errorsTold.set(kind, now);
            this.errors += 1;
            this.emit({error: {kind: 'map', message, status, n: this.errors}});
        }
    }

    private tellViewport(): void {
        const {map} = this;
        this.emit({
            viewport: {
                bounds: map.getBounds().toArray().flat(),
                zoom: map.getZoom(),
                centre: map.getCenter().toArray(),
            },
        });
    }
}

function opening({initialView}: GridMapProps): object {
    return initialView ? {center: initialView.centre, zoom: initialView.zoom} : {};
}

function isOther(before: unknown, after: unknown): boolean {
    return before !== after && JSON.stringify(before) !== JSON.stringify(after);
}
