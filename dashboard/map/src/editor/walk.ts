/** Moving borders by key: from border to border, along its points, and a metre this way or that. */
import type {Arc, Place} from './contract';
import {onGrid} from './contract';
import type {Desk} from './desk';
import {planned, type Handle, type Plan} from './hand';
import {pixelsBetween} from './lines';

const STEP_M = 1;
const STRIDE_M = 10;
const METRES_A_DEGREE = 111_320;
const ARROWS: Record<string, [number, number]> = {
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowUp: [0, 1],
    ArrowDown: [0, -1],
};

/** What the keys do to what is in hand. */
interface Hands {
    light(id: string | undefined): void;
    take(id: string): boolean;
    arc(): Arc | undefined;
    handles(): Handle[];
    focus(): Handle | undefined;
    look(handle: Handle): void;
    preview(plan: Plan | undefined): void;
    commit(plan: Plan): void;
    remove(): void;
}

export class Walk {
    plan: Plan | undefined;
    private way: string[] = [];
    private at = -1;

    constructor(
        private readonly desk: Desk,
        private readonly hands: Hands,
    ) {}

    /** Whether a point has been moved that Enter has not confirmed. */
    get isUnderWay(): boolean {
        return this.plan !== undefined;
    }

    forget(): void {
        this.plan = undefined;
        this.way = [];
        this.at = -1;
    }

    press(event: KeyboardEvent): boolean {
        if (event.ctrlKey || event.metaKey || event.altKey) {
            return false;
        }
        const arrow = ARROWS[event.key];
        if (arrow) {
            return this.nudge(arrow, event.shiftKey ? STRIDE_M : STEP_M);
        }
        switch (event.key) {
            case ']':
                return this.step(1);
            case '[':
                return this.step(-1);
            case 'Tab':
                return this.hands.arc() ? this.along(event.shiftKey ? -1 : 1, {around: false}) : false;
            case 'Enter':
                return this.confirm();
            case 'Delete':
            case 'Backspace':
                if (this.hands.focus()) {
                    this.hands.remove();
                    return true;
                }
                return false;
            default:
                return false;
        }
    }

    private step(by: number): boolean {
        return this.hands.arc() ? this.along(by, {around: true}) : this.next(by);
    }

    /** Light up the next border, the one nearest to the middle of the map first. */
    private next(by: number): boolean {
        if (this.at < 0) {
            this.way = this.inView();
        }
        if (!this.way.length) {
            return true;
        }
        this.at = this.at < 0 && by < 0 ? this.way.length - 1 : (this.at + by + this.way.length) % this.way.length;
        const id = this.way[this.at] as string;
        const arc = this.desk.ground.arcs.get(id);
        this.hands.light(id);
        this.desk.speak(this.desk.word('border', {
            left: this.desk.nameOf(arc?.left ?? null),
            right: this.desk.nameOf(arc?.right ?? null),
        }));
        return true;
    }

    private inView(): string[] {
        const {map, ground, scale} = this.desk;
        const centre = map.getCenter().toArray() as Place;
        const bounds = map.getBounds();
        const middles = [...ground.arcs.values()]
            .filter(arc => !arc.locked)
            .map(({id, line}) => ({id, at: line[Math.floor(line.length / 2)] as Place}))
            .filter(({at}) => bounds.contains(at));
        const far = ({at}: {at: Place}) => pixelsBetween(at, centre, scale);
        return middles.sort((a, b) => far(a) - far(b)).map(({id}) => id);
    }

    /** Go to the next point of the border in hand; not beyond its ends with Tab. */
    private along(by: number, {around}: {around: boolean}): boolean {
        if (this.plan) {
            return true;
        }
        const handles = this.hands.handles();
        const focus = this.hands.focus();
        const from = focus ? handles.indexOf(focus) : by > 0 ? -1 : handles.length;
        const to = from + by;
        const handle = handles[around ? (to + handles.length) % handles.length : to];
        if (!handle) {
            return false;
        }
        this.hands.look(handle);
        const n = handles.indexOf(handle) + 1;
        const kind = handle.kind === 'locked' ? 'fixed' : handle.kind;
        this.desk.speak(this.desk.word(kind, {n, count: handles.length}));
        if (!this.desk.map.getBounds().contains(handle.at)) {
            this.desk.map.jumpTo({center: handle.at});
        }
        return true;
    }

    private nudge([dx, dy]: [number, number], metres: number): boolean {
        const [arc, handle] = [this.hands.arc(), this.hands.focus()];
        if (!arc || !handle || handle.kind === 'locked') {
            return false;
        }
        const [x, y] = this.plan?.at ?? handle.at;
        const step = metres / METRES_A_DEGREE;
        const to = onGrid([x + (dx * step) / this.desk.scale.cosine, y + dy * step]);
        this.plan = planned(this.desk.ground, arc, handle, to);
        this.hands.preview(this.plan);
        const [hx, hy] = handle.at;
        const far = Math.hypot((to[0] - hx) * this.desk.scale.cosine, to[1] - hy) * METRES_A_DEGREE;
        this.desk.speak(this.desk.word('moved', {metres: Math.round(far)}));
        return true;
    }

    private confirm(): boolean {
        const {plan} = this;
        if (plan) {
            this.plan = undefined;
            this.hands.commit(plan);
            return true;
        }
        const id = this.way[this.at];
        if (!this.hands.arc() && id !== undefined) {
            this.hands.take(id);
            this.forget();
            return true;
        }
        return false;
    }
}
