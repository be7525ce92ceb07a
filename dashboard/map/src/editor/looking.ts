/** Looking on: nothing is edited; pins of comments answer, and a place can be pinned. */
import type {Desk, Pointed, Tool} from './desk';
import {PIN_LAYER} from './layers';

export class Looking implements Tool {
    constructor(private readonly desk: Desk) {}

    start(): void {
        this.desk.cursor('');
    }

    stop(): void {
        this.desk.cursor('');
    }

    hover(at: Pointed): void {
        if (this.pinAt(at) !== undefined) {
            this.desk.cursor('pointer');
        } else if (this.isPinning) {
            this.desk.cursor('crosshair');
        }
    }

    click(at: Pointed): void {
        const comment = this.pinAt(at);
        if (comment !== undefined) {
            this.desk.tell({pinned: {comment}});
        } else if (this.isPinning) {
            this.desk.tell({pinned: {lngLat: at.place}});
        }
    }

    private get isPinning(): boolean {
        return this.desk.spec().purpose === 'pin';
    }

    private pinAt({point}: Pointed): number | undefined {
        const {map} = this.desk;
        const [found] = map.getLayer(PIN_LAYER)
            ? map.queryRenderedFeatures([point.x, point.y], {layers: [PIN_LAYER]})
            : [];
        return found && Number(found.id ?? found.properties.id);
    }
}
