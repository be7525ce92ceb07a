/** Rings that show a mix by shares, and pins whose shape says how one stands. */

/** Outer width of a ring's picture, in pixels; a layer draws it smaller. */
export const RING_SIZE = 72;
export const PIN_SIZE = 18;

const EDGE = 3;
const OUTER = RING_SIZE / 2 - EDGE;
const INNER = OUTER * 0.64;
const GAP_RADIANS = 0.05;
// The first share is the widest, so that a mix can be read without its colours.
const WIDTHS = [1, 0.8, 0.6, 0.3];

/**
 * Draw shares clockwise from the top around a ground that a number is written on.
 *
 * @param shares whole numbers with commas between them, in no measure of their own: "2,0,13,1"
 * @param inks a colour for each share, with commas between them
 * @param ground what lies within and around
 */
export function ring(
    context: CanvasRenderingContext2D,
    shares: string,
    inks: string,
    ground: string,
): void {
    const middle = RING_SIZE / 2;
    const numbers = shares.split(',').map(Number);
    const colours = inks.split(',');
    const sum = numbers.reduce((a, b) => a + b, 0);
    const present = numbers.filter(share => share > 0).length;
    context.fillStyle = ground;
    context.beginPath();
    context.arc(middle, middle, INNER, 0, 2 * Math.PI);
    context.fill();
    const gap = present > 1 ? GAP_RADIANS : 0;
    const draw = (edge: number, inkOf: (i: number) => string, between: number): void => {
        let angle = -Math.PI / 2;
        numbers.forEach((share, i) => {
            const turn = (share / sum) * 2 * Math.PI;
            if (share > 0) {
                const width = (OUTER - INNER) * (WIDTHS[i] ?? 1);
                context.strokeStyle = inkOf(i);
                context.lineWidth = width + 2 * edge;
                context.beginPath();
                context.arc(middle, middle, INNER + width / 2, angle + between, angle + turn - between);
                context.stroke();
            }
            angle += turn;
        });
    };
    draw(EDGE, () => ground, 0);
    draw(0, i => colours[i] ?? '', gap);
}

/** Draw a square, a triangle, a disc or a hollow ring, with an edge that lifts it off the map. */
export function pin(context: CanvasRenderingContext2D, shape: string, ink: string, edge: string): void {
    const middle = PIN_SIZE / 2;
    const path = new Path2D();
    if (shape === 'square') {
        path.roundRect(3, 3, PIN_SIZE - 6, PIN_SIZE - 6, 2);
    } else if (shape === 'triangle') {
        path.moveTo(middle, 2);
        path.lineTo(PIN_SIZE - 2, PIN_SIZE - 4);
        path.lineTo(2, PIN_SIZE - 4);
        path.closePath();
    } else {
        path.arc(middle, middle, shape === 'disc' ? 6 : 4.5, 0, 2 * Math.PI);
    }
    context.lineJoin = 'round';
    context.strokeStyle = edge;
    context.lineWidth = shape === 'hollow' ? 6 : 3;
    context.stroke(path);
    context.fillStyle = context.strokeStyle = ink;
    if (shape === 'hollow') {
        context.lineWidth = 3;
        context.stroke(path);
        context.fillStyle = edge;
    }
    context.fill(path);
}
