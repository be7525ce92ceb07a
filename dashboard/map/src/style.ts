/** The style on the map: the page's, with groups, choropleth and label fonts worked in. */
import type {LayerSpecification, StyleSpecification} from 'maplibre-gl';
import {isStill} from './motion';
import {patternId} from './patterns';
import type {ChoroplethSpec, LayerGroup} from './props';

/** Which patterns the values at hand need. */
export interface Gaps {
    missing: boolean;
    suppressed: boolean;
}

type Expression = unknown;
type Paint = Record<string, Expression>;

// Without glyphs MapLibre draws labels with these families, and its own default has no Chinese.
const LABEL_FONTS = ['Inter', 'Noto Sans SC', 'PingFang SC', 'Microsoft YaHei'];

// How long colours take to change when the style does.
const FADE_MS = 200;

const OPACITY: Record<string, string[]> = {
    background: ['background-opacity'],
    circle: ['circle-opacity', 'circle-stroke-opacity'],
    fill: ['fill-opacity'],
    'fill-extrusion': ['fill-extrusion-opacity'],
    heatmap: ['heatmap-opacity'],
    hillshade: [],
    line: ['line-opacity'],
    raster: ['raster-opacity'],
    symbol: ['icon-opacity', 'text-opacity'],
};

// The colour itself is the state: another measure, class count or ramp is then only new states,
// while a change of this expression would lay out every tile again.
const stateColour = (bare: Expression): Expression => [
    'to-color',
    ['feature-state', 'colour'],
    bare ?? 'rgba(0,0,0,0)',
];

/** Give the sources that have news other addresses than they were last asked at. */
export function renewed(
    style: StyleSpecification,
    news: {[source: string]: number},
): StyleSpecification {
    const sources = {...style.sources};
    for (const [id, n] of Object.entries(news)) {
        const source = sources[id];
        const anew = (address: string) => `${address}${address.includes('?') ? '&' : '?'}news=${n}`;
        if (source?.type === 'geojson' && typeof source.data === 'string') {
            sources[id] = {...source, data: anew(source.data)};
        } else if (source?.type === 'vector' && source.tiles) {
            sources[id] = {...source, tiles: source.tiles.map(anew)};
        }
    }
    return {...style, sources};
}

/** Work the component's props into the page's style. */
export function compose(
    style: StyleSpecification,
    groups: Record<string, LayerGroup>,
    choropleth: ChoroplethSpec | undefined,
    gaps: Gaps,
): StyleSpecification {
    const layers: LayerSpecification[] = [];
    for (const layer of style.layers) {
        const own = layer.id === choropleth?.layer && layer.type === 'fill';
        const coloured = own ? withPaint(layer, {'fill-color': stateColour((layer.paint as Paint)?.['fill-color'])}) : layer;
        const drawn = own ? [coloured, ...patternLayers(coloured, choropleth, gaps)] : [coloured];
        for (const one of drawn) {
            layers.push(grouped(withFonts(one), layer.id, groups));
        }
    }
    return {transition: {duration: isStill() ? 0 : FADE_MS, delay: 0}, ...style, layers};
}

function patternLayers(
    layer: LayerSpecification,
    {classes}: ChoroplethSpec,
    gaps: Gaps,
): LayerSpecification[] {
    // A pattern that no feature needs is hidden. A plain 0 as opacity would do as well, but MapLibre
    // throws when states come while its tiles still hold an expression that is one no more.
    const over = (gap: keyof Gaps, pattern: string): LayerSpecification =>
        ({
            ...layer,
            id: `${layer.id}:${gap}`,
            ...(gaps[gap] ? {} : {layout: {...layer.layout, visibility: 'none'}}),
            paint: {
                'fill-pattern': pattern,
                'fill-opacity': ['case', ['==', ['feature-state', 'gap'], gap], 1, 0],
            },
        }) as LayerSpecification;
    return [
        over('missing', patternId('hatch', classes.missing ?? '#9CA3AF')),
        over('suppressed', patternId('dots', classes.suppressed ?? '#9CA3AF')),
    ];
}

function grouped(
    layer: LayerSpecification,
    name: string,
    groups: Record<string, LayerGroup>,
): LayerSpecification {
    let result = layer;
    for (const group of Object.values(groups)) {
        if (!group.layers.includes(name)) {
            continue;
        }
        if (group.visible === false) {
            result = {
                ...result,
                layout: {...result.layout, visibility: 'none'},
            } as LayerSpecification;
        }
        const factor = group.opacity ?? 1;
        if (factor !== 1) {
            const paint = result.paint as Paint | undefined;
            const faded: Paint = {};
            for (const property of OPACITY[layer.type] ?? []) {
                faded[property] = scaled(paint?.[property] ?? 1, factor);
            }
            result = withPaint(result, faded);
        }
    }
    return result;
}

/** Multiply an opacity, whatever form it has. */
export function scaled(value: Expression, factor: number): Expression {
    if (typeof value === 'number') {
        return value * factor;
    }
    if (!Array.isArray(value)) {
        const stops = (value as {stops?: [unknown, number][]}).stops ?? [];
        return {...(value as object), stops: stops.map(([at, y]) => [at, y * factor])};
    }
    // Zoom may only feed the outermost curve, so the factor goes into its outputs.
    const first = value[0] === 'step' ? 2 : String(value[0]).startsWith('interpolate') ? 4 : 0;
    if (!first) {
        return ['*', factor, value];
    }
    return value.map((part: Expression, i) =>
        i >= first && (i - first) % 2 === 0 ? scaled(part, factor) : part,
    );
}

function withPaint(layer: LayerSpecification, paint: Paint): LayerSpecification {
    return {...layer, paint: {...layer.paint, ...paint}} as LayerSpecification;
}

function withFonts(layer: LayerSpecification): LayerSpecification {
    if (layer.type !== 'symbol' || !layer.layout?.['text-field'] || layer.layout['text-font']) {
        return layer;
    }
    return {...layer, layout: {...layer.layout, 'text-font': LABEL_FONTS}};
}

/** Tile addresses that changed while the rest of their source stayed, by source. */
export function movedTiles(
    before: StyleSpecification,
    after: StyleSpecification,
): Map<string, string[]> {
    const moved = new Map<string, string[]>();
    for (const [id, next] of Object.entries(after.sources)) {
        const old = before.sources[id];
        if (old?.type !== 'vector' || next.type !== 'vector' || !old.tiles || !next.tiles) {
            continue;
        }
        const rest = (source: object) => JSON.stringify({...source, tiles: null});
        if (rest(old) === rest(next) && String(old.tiles) !== String(next.tiles)) {
            moved.set(id, next.tiles);
        }
    }
    return moved;
}

/**
 * A style whose documents stay as they were loaded while their address is the same.
 *
 * MapLibre names what it loaded instead of the address it came from, takes that for a difference,
 * and would ask for every document again at each change of the style.
 *
 * @param before The style last given.
 * @param loaded The same as MapLibre tells it.
 */
export function keepLoaded(
    before: StyleSpecification,
    loaded: StyleSpecification | undefined,
    after: StyleSpecification,
): StyleSpecification {
    const sources = {...after.sources};
    for (const [id, next] of Object.entries(sources)) {
        const there = loaded?.sources[id];
        if (next.type === 'geojson' && there && JSON.stringify(before.sources[id]) === JSON.stringify(next)) {
            sources[id] = there;
        }
    }
    return {...after, sources};
}
