/** Mouse, finger and keys on the map, handed on to the tool in use. */
import type {Map as MlMap, MapMouseEvent, MapTouchEvent} from 'maplibre-gl';
import {onGrid, type Place} from './contract';
import type {Desk, Pointed, Tool} from './desk';
import type {Moving} from './moving';

// A finger that rests this long means what it rests on.
const REST_MS = 400;
const STILL_PX = 8;
const KEYS = new Set(['[', ']', 'Enter', 'Backspace']);

export class Hands {
    private isHolding = false;
    private resting: number | undefined;
    private last: Pointed | undefined;
    private frame: number | undefined;

    constructor(
        private readonly map: MlMap,
        private readonly desk: Desk,
        private readonly tool: () => Tool | undefined,
        private readonly onTouch: (isTouch: boolean) => void,
    ) {
        map.on('mousedown', this.onDown);
        map.on('touchstart', this.onTouchStart);
        map.on('mousemove', this.onHover);
        map.on('click', this.onClick);
        window.addEventListener('mousemove', this.onDrag);
        window.addEventListener('mouseup', this.onUp);
        window.addEventListener('touchmove', this.onTouchMove, {passive: false});
        window.addEventListener('touchend', this.onUp);
        window.addEventListener('touchcancel', this.onCancel);
    }

    remove(): void {
        window.clearTimeout(this.resting);
        if (this.frame !== undefined) {
            cancelAnimationFrame(this.frame);
        }
        this.map.off('mousedown', this.onDown);
        this.map.off('touchstart', this.onTouchStart);
        this.map.off('mousemove', this.onHover);
        this.map.off('click', this.onClick);
        window.removeEventListener('mousemove', this.onDrag);
        window.removeEventListener('mouseup', this.onUp);
        window.removeEventListener('touchmove', this.onTouchMove);
        window.removeEventListener('touchend', this.onUp);
        window.removeEventListener('touchcancel', this.onCancel);
    }

    press(event: KeyboardEvent): boolean {
        const tool = this.tool();
        if (event.key === 'Escape') {
            const wasHolding = this.isHolding;
            this.isHolding = false;
            return (tool?.cancel?.() ?? false) || wasHolding;
        }
        // With a tool in use they mean nothing to the page.
        const isOurs = KEYS.has(event.key) && tool?.key !== undefined;
        return (tool?.key?.(event) ?? false) || isOurs;
    }

    private readonly onDown = (event: MapMouseEvent): void => {
        if (event.originalEvent.button === 0 && this.isTaken(this.pointed(event.originalEvent))) {
            event.preventDefault();
        }
    };

    private readonly onTouchStart = (event: MapTouchEvent): void => {
        window.clearTimeout(this.resting);
        const [touch] = event.originalEvent.touches;
        if (event.originalEvent.touches.length !== 1 || !touch) {
            this.onCancel();
            return;
        }
        if (!this.desk.isTouch) {
            this.onTouch(true);
        }
        const at = this.pointed(touch, {isTouch: true});
        this.last = at;
        if (this.isTaken(at)) {
            event.preventDefault();
            return;
        }
        this.resting = window.setTimeout(() => {
            const tool = this.tool() as Partial<Moving> | undefined;
            if (tool?.press?.(at)) {
                // The map has begun to follow the finger by now.
                this.map.dragPan.disable();
                this.isHolding = true;
            }
        }, REST_MS);
    };

    private isTaken(at: Pointed): boolean {
        this.isHolding = this.tool()?.down?.(at) ?? false;
        return this.isHolding;
    }

    private readonly onHover = (event: MapMouseEvent): void => {
        if (this.desk.isTouch && !isByTouch(event.originalEvent)) {
            this.onTouch(false);
        }
        if (this.isHolding) {
            return;
        }
        this.last = this.pointed(event.originalEvent);
        this.frame ??= requestAnimationFrame(() => {
            this.frame = undefined;
            if (this.last && !this.isHolding && !this.map.dragPan.isActive()) {
                this.tool()?.hover?.(this.last);
            }
        });
    };

    private readonly onClick = (event: MapMouseEvent): void => {
        if (event.originalEvent.detail < 2) {
            this.tool()?.click?.(this.pointed(event.originalEvent, {isTouch: this.desk.isTouch}));
        }
    };

    private readonly onDrag = (event: MouseEvent): void => {
        if (this.isHolding) {
            this.tool()?.drag?.(this.pointed(event));
        }
    };

    private readonly onTouchMove = (event: TouchEvent): void => {
        const [touch] = event.touches;
        if (!touch) {
            return;
        }
        const at = this.pointed(touch, {isTouch: true});
        if (this.isHolding) {
            event.preventDefault();
            this.tool()?.drag?.(at);
        } else if (this.last && Math.hypot(at.point.x - this.last.point.x, at.point.y - this.last.point.y) > STILL_PX) {
            window.clearTimeout(this.resting);
        }
    };

    private readonly onUp = (): void => {
        window.clearTimeout(this.resting);
        this.map.dragPan.enable();
        if (this.isHolding) {
            this.isHolding = false;
            this.tool()?.drop?.();
        }
    };

    private readonly onCancel = (): void => {
        window.clearTimeout(this.resting);
        this.map.dragPan.enable();
        if (this.isHolding) {
            this.isHolding = false;
            this.tool()?.cancel?.();
        }
    };

    private pointed(
        event: {clientX: number; clientY: number; shiftKey?: boolean; altKey?: boolean},
        {isTouch = false}: {isTouch?: boolean} = {},
    ): Pointed {
        const {left, top} = this.map.getCanvas().getBoundingClientRect();
        const point = {x: event.clientX - left, y: event.clientY - top};
        const place = onGrid(this.map.unproject([point.x, point.y]).toArray() as Place);
        const {shiftKey: shift = false, altKey: alt = false} = event;
        this.desk.isFree = alt;
        return {point, place, isTouch, shift, alt};
    }
}

// Browsers make mouse events of touches, for pages that know no fingers.
function isByTouch(event: MouseEvent): boolean {
    const {sourceCapabilities} = event as {sourceCapabilities?: {firesTouchEvents?: boolean} | null};
    return sourceCapabilities?.firesTouchEvents ?? false;
}
