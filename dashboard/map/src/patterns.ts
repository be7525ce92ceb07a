/** Hatching, dots and marks, drawn when the map first asks for them: each theme has its own ink. */
import type {Map} from 'maplibre-gl';

const PREFIX = 'citygrid:';
const SIZE = 8;
// A mark has room for a number on it.
const MARK_SIZE = 18;
const MARK_CORNER = 4;
const PIXEL_RATIO = 2;

export type PatternKind = 'hatch' | 'dots';

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
    const [, kind, ink] = /^citygrid:(hatch|dots|square|disc):(.+)$/.exec(id) ?? [];
    const canvas = document.createElement('canvas');
    const size = kind === 'square' || kind === 'disc' ? MARK_SIZE : SIZE;
    canvas.width = canvas.height = size * PIXEL_RATIO;
    const context = canvas.getContext('2d');
    if (!kind || !ink || !context) {
        return undefined;
    }
    context.scale(PIXEL_RATIO, PIXEL_RATIO);
    context.strokeStyle = context.fillStyle = ink;
    if (kind === 'hatch') {
        context.lineWidth = 0.8;
        context.beginPath();
        // The stroke leaves the tile on one side and enters on the other: three make it seamless.
        for (const shift of [-SIZE, 0, SIZE]) {
            context.moveTo(shift - 1, SIZE + 1);
            context.lineTo(shift + SIZE + 1, -1);
        }
        context.stroke();
    } else if (kind === 'square' || kind === 'disc') {
        context.beginPath();
        context.roundRect(0, 0, size, size, kind === 'disc' ? size / 2 : MARK_CORNER);
        context.fill();
    } else {
        for (const at of [SIZE / 4, (SIZE * 3) / 4]) {
            context.beginPath();
            context.arc(at, at, 1, 0, 2 * Math.PI);
            context.fill();
        }
    }
    return context.getImageData(0, 0, canvas.width, canvas.height);
}
