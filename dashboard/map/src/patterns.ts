/** Hatching, dots, marks and rings, drawn when the map first asks for them: each theme has its ink. */
import type {Map} from 'maplibre-gl';
import {pin, PIN_SIZE, ring, RING_SIZE} from './rings';

const PREFIX = 'citygrid:';
const SIZE = 8;
// A mark has room for a number on it.
const MARK_SIZE = 18;
const MARK_CORNER = 4;
const PIXEL_RATIO = 2;

export type PatternKind = 'hatch' | 'dots';
type Draw = (context: CanvasRenderingContext2D, ...said: string[]) => void;

/** How a picture is drawn, and how wide it is; what its name says after the kind is handed over. */
const PICTURES: Record<string, [number, Draw]> = {
    hatch: [SIZE, hatch],
    dots: [SIZE, dots],
    square: [MARK_SIZE, (context, ink) => mark(context, ink, MARK_CORNER)],
    disc: [MARK_SIZE, (context, ink) => mark(context, ink, MARK_SIZE / 2)],
    pin: [PIN_SIZE, pin],
    ring: [RING_SIZE, ring],
};

/** Name under which a style layer asks for a pattern. */
export function patternId(kind: PatternKind, ink: string): string {
    return `${PREFIX}${kind}:${ink}`;
}

/** Let the map draw our patterns whenever it misses one, in a rebuilt style too. */
export function providePatterns(map: Map): void {
    map.setMissingStyleImageResolver(async id => {
        const image = draw(id);
        if (image && !map.hasImage(id)) {
            map.addImage(id, image, {pixelRatio: PIXEL_RATIO});
        }
    });
}

function draw(id: string): ImageData | undefined {
    if (!id.startsWith(PREFIX)) {
        return undefined;
    }
    const [kind, ...said] = id.slice(PREFIX.length).split(':');
    const canvas = document.createElement('canvas');
    const context = canvas.getContext('2d');
    const picture = PICTURES[kind ?? ''];
    if (!picture || !context) {
        return undefined;
    }
    const [size, paint] = picture;
    canvas.width = canvas.height = size * PIXEL_RATIO;
    context.scale(PIXEL_RATIO, PIXEL_RATIO);
    paint(context, ...said);
    return context.getImageData(0, 0, canvas.width, canvas.height);
}

function hatch(context: CanvasRenderingContext2D, ink: string): void {
    context.strokeStyle = ink;
    context.lineWidth = 0.8;
    context.beginPath();
    // The stroke leaves the tile on one side and enters on the other: three make it seamless.
    for (const shift of [-SIZE, 0, SIZE]) {
        context.moveTo(shift - 1, SIZE + 1);
        context.lineTo(shift + SIZE + 1, -1);
    }
    context.stroke();
}

function dots(context: CanvasRenderingContext2D, ink: string): void {
    context.fillStyle = ink;
    for (const at of [SIZE / 4, (SIZE * 3) / 4]) {
        context.beginPath();
        context.arc(at, at, 1, 0, 2 * Math.PI);
        context.fill();
    }
}

function mark(context: CanvasRenderingContext2D, ink: string, corner: number): void {
    context.fillStyle = ink;
    context.beginPath();
    context.roundRect(0, 0, MARK_SIZE, MARK_SIZE, corner);
    context.fill();
}
