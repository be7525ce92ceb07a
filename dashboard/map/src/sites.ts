/** Places for new facilities: pinned and dragged, and what each would bring while it moves. */
import {Marker, type LngLat, type Map} from 'maplibre-gl';
import type {Emit, SiteMark, SitesSpec} from './props';

// How far an arrow key moves a place, in pixels.
const STEP_PX = 10;
const STEPS: Record<string, [number, number]> = {
    ArrowLeft: [-STEP_PX, 0],
    ArrowRight: [STEP_PX, 0],
    ArrowUp: [0, -STEP_PX],
    ArrowDown: [0, STEP_PX],
};

export class Sites {
    private spec: SitesSpec = {marks: [], asks: false, url: ''};
    private markers: Marker[] = [];
    /** Follows the pointer while the map asks where. */
    private ghost: Marker | undefined;
    private isAsking = false;
    private isDragged = false;
    private wanted: (() => void) | undefined;
    private n = 0;

    constructor(
        private readonly map: Map,
        private readonly emit: Emit,
    ) {
        map.on('mousemove', ({lngLat}) => this.spec.asks && this.follow(lngLat));
        map.on('mouseout', () => this.ghost?.remove());
        map.on('click', ({lngLat}) => this.spec.asks && this.told({at: lngLat.toArray()}));
    }

    /** Whether the next click says where a facility is to be, or one is being moved. */
    get isBusy(): boolean {
        return this.spec.asks || this.isDragged;
    }

    update(spec: SitesSpec | undefined): void {
        const {asks} = this.spec;
        const held = this.markers.findIndex(
            marker => marker.getElement() === document.activeElement,
        );
        this.spec = spec ?? {marks: [], asks: false, url: ''};
        this.markers.forEach(marker => marker.remove());
        this.markers = this.spec.marks.map((mark, place) => this.pinned(mark, place));
        this.markers[held]?.getElement().focus();
        if (asks !== this.spec.asks) {
            this.map.getCanvas().style.cursor = this.spec.asks ? 'crosshair' : '';
            this.ghost?.remove();
            this.ghost = undefined;
        }
    }

    remove(): void {
        this.update(undefined);
    }

    /** A key on the map while it asks where: Enter is its middle, Escape is nowhere. */
    press({key}: KeyboardEvent): boolean {
        if (!this.spec.asks || (key !== 'Enter' && key !== 'Escape')) {
            return false;
        }
        this.told(key === 'Enter' ? {at: this.map.getCenter().toArray()} : {});
        return true;
    }

    private pinned(mark: SiteMark, place: number): Marker {
        const element = drawn(mark.label, mark.isFixed ? 'fixed' : 'tried');
        element.setAttribute('aria-label', mark.title);
        element.title = mark.title;
        const draggable = !mark.isFixed;
        const marker = new Marker({element, anchor: 'bottom', draggable})
            .setLngLat(mark.lngLat as [number, number])
            .addTo(this.map);
        if (draggable) {
            element.tabIndex = 0;
            element.setAttribute('role', 'button');
            marker.on('drag', () => {
                this.isDragged = true;
                this.ask(marker, place);
            });
            marker.on('dragend', () => {
                this.isDragged = false;
                this.told({at: marker.getLngLat().toArray(), from: place});
            });
            element.addEventListener('keydown', event => this.move(event, marker, place));
            // The map below is not meant.
            element.addEventListener('click', event => event.stopPropagation());
        }
        return marker;
    }

    private move(event: KeyboardEvent, marker: Marker, place: number): void {
        const step = STEPS[event.key];
        if (step) {
            const {x, y} = this.map.project(marker.getLngLat());
            const at = this.map.unproject([x + step[0], y + step[1]]);
            this.told({at: at.toArray(), from: place});
        } else if (event.key === 'Delete' || event.key === 'Backspace') {
            this.told({from: place, drop: true});
        } else {
            return;
        }
        event.preventDefault();
        event.stopPropagation();
    }

    private follow(lngLat: LngLat): void {
        this.ghost ??= new Marker({element: drawn('+', 'ghost'), anchor: 'bottom'});
        this.ghost.setLngLat(lngLat).addTo(this.map);
        this.map.getCanvas().style.cursor = 'crosshair';
        this.ask(this.ghost);
    }

    /** Ask what a place would bring: one question at a time, and the last one is always asked. */
    private ask(marker: Marker, from?: number): void {
        // Of a corner of a path there is nothing to tell.
        if (!this.spec.url) {
            return;
        }
        this.wanted = () => void this.asked(marker, from);
        if (!this.isAsking) {
            this.next();
        }
    }

    private next(): void {
        const {wanted} = this;
        this.wanted = undefined;
        wanted?.();
    }

    private async asked(marker: Marker, from?: number): Promise<void> {
        this.isAsking = true;
        const {lng, lat} = marker.getLngLat();
        const but = from === undefined ? '' : `&but=${from}`;
        try {
            const answer = await fetch(`${this.spec.url}&at=${lng.toFixed(6)},${lat.toFixed(6)}${but}`);
            const told = answer.ok ? ((await answer.json()) as {said: string}) : {said: ''};
            say(marker.getElement(), told.said);
        } catch {
            // The line is down: the page says so itself.
            say(marker.getElement(), '');
        } finally {
            this.isAsking = false;
            this.next();
        }
    }

    private told(what: {at?: number[]; from?: number; drop?: boolean}): void {
        this.emit({sited: {...what, n: ++this.n}});
    }
}

function drawn(label: string, kind: string): HTMLElement {
    const element = document.createElement('div');
    element.className = `citygrid-site citygrid-site-${kind}`;
    const text = document.createElement('span');
    text.textContent = label;
    element.append(text);
    return element;
}

function say(element: HTMLElement, text: string): void {
    let tip = element.querySelector<HTMLElement>('.citygrid-site-tip');
    if (!tip) {
        tip = document.createElement('div');
        tip.className = 'citygrid-site-tip';
        element.append(tip);
    }
    tip.textContent = text;
    tip.hidden = !text;
}
