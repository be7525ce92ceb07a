/** Zoom buttons, scale bar and attribution, in the page's language. */
import {AttributionControl, NavigationControl, ScaleControl, type IControl, type Map} from 'maplibre-gl';
import type {Padding} from './props';

export class Controls {
    private held: IControl[] = [];
    private readonly english: Record<string, string>;

    constructor(private readonly map: Map) {
        this.english = {...map._locale};
    }

    /** Put the controls up anew: MapLibre reads its words only when a control is made. */
    say(texts: Record<string, string>): void {
        this.held.forEach(control => this.map.removeControl(control));
        this.map._locale = {...this.english, ...texts};
        const zoom = new NavigationControl({showCompass: false});
        const scale = new ScaleControl({unit: 'metric', maxWidth: 96});
        const attribution = new AttributionControl({compact: false});
        this.held = [zoom, scale, attribution];
        this.map.addControl(zoom, 'top-right');
        this.map.addControl(scale, 'bottom-left');
        this.map.addControl(attribution, 'bottom-right');
    }

    /** Move in from the edges that panels cover. */
    inset(padding: Padding): void {
        for (const side of ['top', 'right', 'bottom', 'left'] as const) {
            const {style} = this.map.getContainer();
            style.setProperty(`--citygrid-inset-${side}`, `${padding[side] ?? 0}px`);
        }
    }
}
