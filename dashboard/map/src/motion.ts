/** How the map moves: shortly, and not at all for who asked for that. */
import type {Map} from 'maplibre-gl';
import type {Fit, Padding} from './props';

const MOVE_MS = 200;
// So much of each side stays free however wide the panels are.
const LEAST_SHARE = 1 / 3;
// Scale and attribution stand at the lower edge; nothing that is shown goes under them.
const FOOT_PX = 28;

/** Whether the reader has asked for no motion. */
export function isStill(): boolean {
    return window.matchMedia('(prefers-reduced-motion: reduce)').matches;
}

/** Moves to bounds, later where the map has no size yet. */
export class Fitting {
    private waiting: (() => void) | undefined;

    constructor(private readonly map: Map) {
        map.on('resize', () => {
            const go = this.waiting;
            this.waiting = undefined;
            go?.();
        });
    }

    to(fit: Fit, padding: Padding, {jump}: {jump: boolean}): void {
        const {clientWidth: width, clientHeight: height} = this.map.getContainer();
        if (!width || !height) {
            this.waiting = () => this.to(fit, padding, {jump: true});
            return;
        }
        this.map.fitBounds(fit.bounds as [number, number, number, number], {
            padding: within({...padding, bottom: (padding.bottom ?? 0) + FOOT_PX}, width, height),
            duration: jump ? 0 : MOVE_MS,
            linear: true,
        });
    }
}

function within(padding: Padding, width: number, height: number): Required<Padding> {
    const {top = 0, right = 0, bottom = 0, left = 0} = padding;
    const most = 1 - LEAST_SHARE;
    const across = Math.min(1, (width * most) / (left + right || 1));
    const down = Math.min(1, (height * most) / (top + bottom || 1));
    return {top: top * down, bottom: bottom * down, left: left * across, right: right * across};
}
