/** The small card beside the pointer, and the same words for a screen reader. */
import type {Known} from './choropleth';
import type {HoverCardSpec} from './props';
import {fill, formatNumber} from './text';

const GAP = 14;

interface Size {
    width: number;
    height: number;
}

/** One feature as the card sees it. */
export interface CardFeature {
    layer: string;
    properties: Record<string, unknown>;
    value: Known;
}

export class HoverCard {
    private readonly element = document.createElement('div');
    private readonly spoken = document.createElement('div');
    private shown = '';

    constructor(private readonly container: HTMLElement) {
        this.element.className = 'citygrid-card';
        this.element.setAttribute('aria-hidden', 'true');
        this.element.hidden = true;
        this.spoken.className = 'citygrid-spoken';
        this.spoken.setAttribute('aria-live', 'polite');
        container.append(this.element, this.spoken);
    }

    /** Show the card of a feature with the pointer at x, y of the container. */
    show(
        feature: CardFeature,
        at: {x: number; y: number},
        spec: HoverCardSpec | undefined,
        texts: Record<string, string>,
        {aloud}: {aloud: boolean},
    ): void {
        const lines = spec ? content(feature, spec, texts) : null;
        if (!lines) {
            this.hide();
            return;
        }
        const key = JSON.stringify(lines);
        if (key !== this.shown) {
            this.shown = key;
            this.element.replaceChildren(...rows(lines));
        }
        this.element.hidden = false;
        const {offsetWidth: width, offsetHeight: height} = this.element;
        const room = {width: this.container.clientWidth, height: this.container.clientHeight};
        const {x, y} = place(at, {width, height}, room);
        this.element.style.transform = `translate(${x}px, ${y}px)`;
        if (aloud) {
            this.spoken.textContent = lines.map(line => line.filter(Boolean).join(' ')).join(', ');
        }
    }

    hide(): void {
        this.element.hidden = true;
        this.spoken.textContent = '';
    }
}

/** Where the card goes: right below the pointer, on the other side where there is no room. */
export function place(at: {x: number; y: number}, card: Size, room: Size): {x: number; y: number} {
    const right = at.x + GAP;
    const below = at.y + GAP;
    const fitsRight = right + card.width <= room.width;
    const fitsBelow = below + card.height <= room.height;
    const x = fitsRight ? right : Math.max(0, at.x - GAP - card.width);
    // With room neither above nor below it is cut off rather than laid over the pointer.
    const above = at.y - GAP - card.height;
    const y = fitsBelow || above < 0 ? below : above;
    return {x: Math.round(x), y: Math.round(y)};
}

function content(
    {layer, properties, value}: CardFeature,
    spec: HoverCardSpec,
    texts: Record<string, string>,
): string[][] | null {
    const text = spec.byLayer[layer];
    if (!text) {
        return null;
    }
    const format = spec.valueFormat;
    // What has no name goes by its other lines.
    const title = fill(text.title, properties, format, spec.words);
    const lines = title ? [['', title]] : [];
    if (spec.valueLabel && value !== undefined) {
        const number = typeof value === 'number';
        const unit = number && format?.unit ? `\u00a0${format.unit}` : '';
        const said = number ? formatNumber(value, format) : (texts[value] ?? '–');
        lines.push([spec.valueLabel, said + unit]);
    }
    for (const [label, template] of text.lines ?? []) {
        const filled = fill(template ?? '', properties, format, spec.words);
        if (filled) {
            lines.push([label ?? '', filled]);
        }
    }
    return lines.some(([, words]) => words) ? lines : null;
}

function rows(lines: string[][]): HTMLElement[] {
    return lines.map(([label, words], i) => {
        const row = document.createElement('div');
        const isTitle = i === 0 && !label;
        row.className = isTitle ? 'citygrid-card-title' : 'citygrid-card-line';
        for (const part of isTitle ? [words] : [label, words]) {
            const span = document.createElement('span');
            span.textContent = part ?? '';
            row.append(span);
        }
        return row;
    });
}
