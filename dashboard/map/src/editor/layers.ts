/** How the editor draws: its sources and layers, and where they lie among those of the page. */
import type {LayerSpecification, StyleSpecification} from 'maplibre-gl';
import {patternId} from '../patterns';
import type {EditorColours} from './props';

export const PREFIX = 'edit-';
export const FACES = 'edit-faces';
export const MOVED = 'edit-moved';
export const ARCS = 'edit-arcs';
export const HAND = 'edit-hand';
export const NAMES = 'edit-names';
export const CONFLICTS = 'edit-conflicts';
export const PINS = 'edit-pins';
export const FILL_LAYER = 'edit-fill';
export const PIN_LAYER = 'edit-pins';

export const SOURCES = [FACES, MOVED, ARCS, HAND, NAMES, CONFLICTS, PINS] as const;

/** Under the streets, under the names, or over everything. */
type Slot = 'under' | 'line' | 'top';

// A finger covers more than a mouse points at.
const RADII = {mouse: {point: 5, node: 6.5, middle: 3.5, ring: 11}, touch: {point: 12, node: 13, middle: 9, ring: 19}};

type Paint = unknown[];

const state = (name: string, then: unknown, otherwise: unknown): Paint =>
    ['case', ['boolean', ['feature-state', name], false], then, otherwise];
const given = (name: string, then: unknown, otherwise: unknown): Paint =>
    ['case', ['boolean', ['get', name], false], then, otherwise];
const byZoom = (...stops: unknown[]): Paint => ['interpolate', ['linear'], ['zoom'], ...stops];
const isKind = (...kinds: string[]): Paint => ['in', ['get', 'kind'], ['literal', kinds]];

/** The layers, each with its slot. */
export function layersOf(
    colours: EditorColours,
    isTouched: boolean,
): [Slot, LayerSpecification][] {
    const {accent, surface, text, secondary, edge, gain, loss, theirs, pin} = colours;
    const radii = isTouched ? RADII.touch : RADII.mouse;
    const round = {'line-cap': 'round', 'line-join': 'round'};
    const side = ['match', ['get', 'side'], 'gain', gain, 'loss', loss, accent];
    const line = (id: string, source: string, filter: unknown, paint: object, layout: object = round) =>
        ({id, type: 'line', source, ...(filter ? {filter} : {}), layout, paint});
    const circle = (id: string, filter: unknown, paint: object) =>
        ({id, type: 'circle', source: HAND, filter, paint});
    const all: [Slot, object][] = [
        ['under', {id: FILL_LAYER, type: 'fill', source: FACES, paint: {
            'fill-color': ['case', ['boolean', ['get', 'mine'], false], accent, secondary],
            'fill-opacity': state('picked', 0.32, state('hover', 0.18, given('mine', 0.1, 0.03))),
        }}],
        ['line', {id: 'edit-moved-fill', type: 'fill', source: MOVED, paint: {
            'fill-color': side, 'fill-opacity': 0.16,
        }}],
        ['line', {id: 'edit-moved-hatch', type: 'fill', source: MOVED, paint: {
            'fill-pattern': ['match', ['get', 'side'], 'gain', patternId('hatch', gain), 'loss', patternId('hatch', loss), patternId('hatch', accent)],
        }}],
        ['line', line('edit-picked', FACES, null, {
            'line-color': accent, 'line-width': 3, 'line-opacity': state('picked', 1, 0),
        })],
        ['line', line('edit-arcs-casing', ARCS, null, {
            'line-color': surface, 'line-width': byZoom(11, 1.5, 15, 4),
            'line-opacity': state('held', 0, given('changed', 0.9, 0.55)),
        })],
        ['line', line('edit-arcs-reach', ARCS, null, {
            'line-color': accent, 'line-width': 7,
            'line-opacity': state('held', 0, state('hover', 0.28, 0)),
        })],
        ['line', line('edit-arcs', ARCS, null, {
            'line-color': ['case', ['boolean', ['get', 'changed'], false], accent, ['boolean', ['get', 'locked'], false], secondary, edge],
            'line-width': byZoom(11, given('changed', 1.2, 0.6), 15, given('changed', 2, 1.25)),
            'line-opacity': state('held', 0, 1),
        })],
        ['line', line('edit-conflict-edges', CONFLICTS, ['==', ['get', 'version'], 'edges'], {
            'line-color': loss, 'line-width': 9, 'line-opacity': 0.35,
        })],
        ['line', line('edit-conflict-mine', CONFLICTS, ['==', ['get', 'version'], 'mine'], {
            'line-color': accent, 'line-width': 3,
        })],
        ['line', line('edit-conflict-theirs', CONFLICTS, ['==', ['get', 'version'], 'theirs'], {
            'line-color': theirs, 'line-width': 3, 'line-dasharray': [2, 1.5],
        }, {'line-join': 'round'})],
        ['line', line('edit-ghost', HAND, isKind('ghost'), {
            'line-color': secondary, 'line-width': 1.5, 'line-dasharray': [3, 2.5],
        }, {'line-join': 'round'})],
        ['line', line('edit-hand-casing', HAND, isKind('line', 'way'), {
            'line-color': surface, 'line-width': 6, 'line-opacity': 0.9,
        })],
        ['line', line('edit-hand-line', HAND, isKind('line', 'way'), {
            'line-color': given('refused', theirs, accent), 'line-width': ['case', isKind('way'), 4, 2.5],
        })],
        ['top', {id: 'edit-names', type: 'symbol', source: NAMES, layout: {
            'text-field': ['get', 'name'], 'text-size': 12, 'text-font': ['Inter Medium', 'Noto Sans SC', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC'],
            'text-max-width': 8,
        }, paint: {'text-color': accent, 'text-halo-color': surface, 'text-halo-width': 1.5}}],
        ['top', circle('edit-middles', isKind('middle'), {
            'circle-radius': radii.middle, 'circle-color': accent, 'circle-opacity': 0.75,
            'circle-stroke-color': surface, 'circle-stroke-width': 1.5,
        })],
        ['top', circle('edit-locks', isKind('locked'), {
            'circle-radius': radii.middle, 'circle-color': secondary,
            'circle-stroke-color': surface, 'circle-stroke-width': 1.5,
        })],
        ['top', circle('edit-points', isKind('point'), {
            'circle-radius': radii.point, 'circle-color': surface,
            'circle-stroke-color': accent, 'circle-stroke-width': 2,
        })],
        ['top', circle('edit-nodes', isKind('node'), {
            'circle-radius': radii.node, 'circle-color': accent,
            'circle-stroke-color': surface, 'circle-stroke-width': 2,
        })],
        ['top', circle('edit-focus', ['==', ['get', 'focus'], true], {
            'circle-radius': radii.ring, 'circle-color': 'rgba(0,0,0,0)',
            'circle-stroke-color': text, 'circle-stroke-width': 2,
        })],
        ['top', circle('edit-snap', isKind('snap'), {
            'circle-radius': 8, 'circle-color': 'rgba(0,0,0,0)',
            'circle-stroke-color': theirs, 'circle-stroke-width': 2.5,
        })],
        ['top', {id: PIN_LAYER, type: 'symbol', source: PINS, layout: {
            'icon-image': `citygrid:disc:${pin}`, 'icon-allow-overlap': true, 'text-allow-overlap': true,
            'text-field': ['to-string', ['get', 'n']], 'text-size': 11,
            'text-font': ['Inter Medium', 'Noto Sans SC'],
        }, paint: {'text-color': surface}}],
    ];
    return all.map(([slot, layer]) => [slot, layer as LayerSpecification]);
}

/** The layer of a style that the layers of a slot go under; undefined for over everything. */
function ceiling(slot: Slot, layers: LayerSpecification[], coloured: string | undefined): string | undefined {
    const own = layers.filter(({id}) => !id.startsWith(PREFIX));
    if (slot === 'top') {
        return undefined;
    }
    if (slot === 'line') {
        return own.find(({type}) => type === 'symbol')?.id;
    }
    const isBelow = own.map(({id, type}) =>
        type === 'background' || id === coloured || id.startsWith(`${coloured}:`));
    return own[isBelow.lastIndexOf(true) + 1]?.id;
}

/** Where a layer of a slot goes: the id to add it before. */
export function before(slot: Slot, style: StyleSpecification, coloured: string | undefined): string | undefined {
    return ceiling(slot, style.layers, coloured);
}

/** Keep what the editor has put on the map when the page's style becomes another one. */
export function carry(
    previous: StyleSpecification | undefined,
    next: StyleSpecification,
    coloured: string | undefined,
): StyleSpecification {
    const kept = previous?.layers.filter(({id}) => id.startsWith(PREFIX)) ?? [];
    if (!previous || !kept.length) {
        return next;
    }
    const sources = {...next.sources};
    for (const [id, source] of Object.entries(previous.sources)) {
        if (id.startsWith(PREFIX)) {
            sources[id] = source;
        }
    }
    const layers = [...next.layers];
    for (const layer of kept) {
        const slot = SLOTS.get(layer.id) ?? 'top';
        const at = layers.findIndex(({id}) => id === ceiling(slot, next.layers, coloured));
        layers.splice(at < 0 ? layers.length : at, 0, layer);
    }
    return {...next, sources, layers};
}

const SLOTS = new Map<string, Slot>(
    layersOf({} as EditorColours, false).map(([slot, {id}]) => [id, slot]),
);
