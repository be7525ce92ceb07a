/** Laying a border along a road or river: the road, then where on the border to begin and to end. */
import type {Feature} from 'geojson';
import type {Operation, Place} from './contract';
import {onGrid} from './contract';
import type {Desk, Pointed, Tool} from './desk';
import {drawn} from './hand';
import {stretch, type Hit} from './lines';

const REACH_PX = {mouse: 12, touch: 22};

export class Following implements Tool {
    private road: string | undefined;
    private begin: Place | undefined;
    private end: Place | undefined;

    constructor(private readonly desk: Desk) {}

    start(): void {
        this.say();
    }

    stop(): void {
        this.cancel();
        this.desk.hold([]);
        this.desk.cursor('');
    }

    hover(at: Pointed): void {
        if (this.road === undefined) {
            const road = this.roadAt(at);
            this.desk.cursor(road ? 'pointer' : '');
            this.desk.hold(road ? [way(this.desk.roads.line(road.id) as Place[])] : []);
            return;
        }
        const border = this.borderAt(at);
        this.desk.cursor(border ? 'crosshair' : '');
        this.end = border && onGrid(border.at);
        this.show();
        const operation = this.operation();
        if (operation) {
            this.desk.session.try(operation);
        }
    }

    click(at: Pointed): void {
        if (this.road === undefined) {
            this.road = this.roadAt(at)?.id;
        } else {
            const border = this.borderAt(at);
            if (border && this.begin) {
                this.end = onGrid(border.at);
                void this.carryOut();
                return;
            }
            this.begin = border && onGrid(border.at);
        }
        this.say();
        this.show();
    }

    key(): boolean {
        return false;
    }

    cancel(): boolean {
        const wasUnderWay = this.road !== undefined;
        this.road = this.begin = this.end = undefined;
        if (wasUnderWay) {
            this.desk.session.rest();
            this.show();
            this.say();
        }
        return wasUnderWay;
    }

    private async carryOut(): Promise<void> {
        const operation = this.operation();
        const at = this.end;
        this.road = this.begin = this.end = undefined;
        if (operation && at) {
            const outcome = await this.desk.do(operation, at);
            if (!outcome.isDone) {
                this.desk.session.rest();
                this.desk.tell({refused: {sentence: outcome.sentence}});
            }
        }
        this.show();
    }

    private operation(): Operation | undefined {
        const {road, begin, end} = this;
        const followed = road === undefined ? undefined : this.desk.wayOf(road);
        return followed && begin && end
            ? {do: 'follow', [followed.what]: followed.id, start: begin, end}
            : undefined;
    }

    private show(): void {
        const road = this.road === undefined ? undefined : this.desk.roads.line(this.road);
        if (!road) {
            this.desk.hold([]);
            return;
        }
        const [from, to] = [this.begin, this.end].map(at => at && nearestOn(this.desk, this.road as string, at));
        const part = from && to ? [this.begin as Place, ...stretch(road, from, to), this.end as Place] : undefined;
        const snap = this.end ?? this.begin;
        this.desk.hold([...(part ? [] : [way(road)]), ...drawn(part ? [part] : [], [], {snap})]);
    }

    private say(): void {
        const step = this.road === undefined ? 'road' : this.begin ? 'end' : 'start';
        this.desk.speak(this.desk.word(`hint_follow_${step}`));
    }

    private roadAt({place, isTouch}: Pointed): Hit | undefined {
        return this.desk.roads.nearest(place, REACH_PX[isTouch ? 'touch' : 'mouse'], this.desk.scale);
    }

    private borderAt({place, isTouch}: Pointed): Hit | undefined {
        const {ground, scale} = this.desk;
        const reach = REACH_PX[isTouch ? 'touch' : 'mouse'];
        return ground.lines.nearest(place, reach, scale, id => !ground.arcs.get(id)?.locked);
    }
}

/** Where a road comes nearest to a place, from however far. */
function nearestOn({roads, scale}: Desk, road: string, at: Place): Hit | undefined {
    for (let reach = 16; reach <= 512; reach *= 2) {
        const hit = roads.nearest(at, reach, scale, id => id === road);
        if (hit) {
            return hit;
        }
    }
    return undefined;
}

function way(coordinates: Place[]): Feature {
    return {type: 'Feature', properties: {kind: 'way'}, geometry: {type: 'LineString', coordinates}};
}
