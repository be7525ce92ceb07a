/** The map by keyboard: MapLibre pans and zooms, this walks the units and chooses. */
import type {Map} from 'maplibre-gl';
import type {Hover} from './hover';
import {inView, type Placed} from './pick';
import type {Emit, GridMapProps} from './props';

export class Keyboard {
    private way: Placed[] = [];
    private at = -1;
    private n = 0;
    private ups = 0;
    private readonly onKey = (event: KeyboardEvent) => this.press(event);
    private readonly onLeave = () => this.forget();

    constructor(
        private readonly map: Map,
        private readonly hover: Hover,
        private readonly props: () => GridMapProps,
        private readonly emit: Emit,
    ) {
        map.keyboard.disableRotation();
        map.getCanvasContainer().addEventListener('keydown', this.onKey);
        map.getCanvas().addEventListener('blur', this.onLeave);
        map.on('movestart', this.onLeave);
    }

    /** Start anew: the view or what it shows is another one. */
    forget(): void {
        if (this.at >= 0) {
            this.hover.move(undefined, {x: 0, y: 0});
        }
        this.way = [];
        this.at = -1;
    }

    private press(event: KeyboardEvent): void {
        if (event.ctrlKey || event.metaKey || event.altKey) {
            return;
        }
        const done: Record<string, () => void> = {
            ']': () => this.step(1),
            '[': () => this.step(-1),
            Enter: () => this.choose(event.shiftKey),
            Backspace: () => this.up(),
            Escape: () => this.clear(),
        };
        const act = done[event.key];
        if (act) {
            event.preventDefault();
            // The page listens for the same keys; they must not count twice.
            event.stopPropagation();
            act();
        }
    }

    private step(by: number): void {
        const {choropleth, interactive = []} = this.props();
        const layer = choropleth?.layer ?? interactive[0];
        if (this.at < 0 && layer) {
            this.way = inView(this.map, layer);
        }
        if (this.way.length) {
            const start = this.at < 0 && by < 0 ? 0 : this.at;
            this.at = (start + by + this.way.length) % this.way.length;
            const feature = this.way[this.at] as Placed;
            this.hover.move(feature, feature, {byKey: true});
        }
    }

    private choose(double: boolean): void {
        if (!this.hover.feature) {
            this.step(1);
        }
        const {feature, at} = this.hover;
        if (feature) {
            const {layer, source, sourceLayer = null, id, properties} = feature;
            const lngLat = this.map.unproject([at.x, at.y]).toArray();
            this.emit({
                keyboardSelect: {
                    layer, source, sourceLayer, id, properties, lngLat, double,
                    ups: this.ups, n: ++this.n,
                },
            });
        }
    }

    private up(): void {
        this.ups += 1;
        this.emit({keyboardSelect: {ups: this.ups, n: ++this.n}});
    }

    private clear(): void {
        this.forget();
        this.emit({keyboardSelect: {clear: true, ups: this.ups, n: ++this.n}});
    }
}
