/** The map by mouse and finger: hovering, clicking, double clicking. */
import type {Map, MapMouseEvent, Point} from 'maplibre-gl';
import type {Hover} from './hover';
import {pick} from './pick';
import type {Emit, GridMapProps} from './props';

export class Pointer {
    private last: Point | undefined;
    private frame: number | undefined;
    private n = 0;

    constructor(
        private readonly map: Map,
        private readonly hover: Hover,
        private readonly props: () => GridMapProps,
        private readonly emit: Emit,
        private readonly isBusy: () => boolean,
    ) {
        map.on('mousemove', ({point}) => {
            // Browsers also report a mouse that stays where it was.
            if (!this.hover.isByKey || !this.last?.equals(point)) {
                this.move(point);
            }
        });
        // The map moves under a resting pointer too, and new tiles come below it.
        map.on('move', () => this.again());
        map.on('idle', () => this.again());
        map.on('mouseout', () => this.leave());
        map.on('dragstart', () => this.leave());
        map.on('click', event => {
            // The second click of a double click is told as the double click.
            if (event.originalEvent.detail < 2) {
                this.click(event, false);
            }
        });
        map.on('dblclick', event => this.click(event, true));
    }

    stop(): void {
        if (this.frame !== undefined) {
            cancelAnimationFrame(this.frame);
        }
    }

    private again(): void {
        if (this.last && !this.hover.isByKey) {
            this.move(this.last);
        }
    }

    private move(point: Point): void {
        this.last = point;
        this.frame ??= requestAnimationFrame(() => {
            this.frame = undefined;
            if (!this.last || this.isBusy() || this.map.dragPan.isActive()) {
                return;
            }
            const feature = pick(this.map, this.last, this.props().interactive ?? []);
            this.map.getCanvas().style.cursor = feature ? 'pointer' : '';
            this.hover.move(feature, this.last);
        });
    }

    private leave(): void {
        this.last = undefined;
        this.hover.move(undefined, {x: 0, y: 0});
    }

    private click(event: MapMouseEvent, double: boolean): void {
        if (this.isBusy()) {
            return;
        }
        const feature = pick(this.map, event.point, this.props().interactive ?? []);
        this.emit({
            click: {
                layer: feature?.layer ?? null,
                source: feature?.source ?? null,
                sourceLayer: feature?.sourceLayer ?? null,
                id: feature?.id ?? null,
                properties: feature?.properties ?? {},
                lngLat: event.lngLat.toArray(),
                double,
                n: ++this.n,
            },
        });
    }
}
