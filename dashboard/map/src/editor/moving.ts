/** Moving borders: a border is taken in hand, then its points, or the whole of it. */
import type {Arc, Place} from './contract';
import {isSame, onGrid} from './contract';
import type {Desk, Pointed, Tool} from './desk';
import {drawn, handlesOf, planned, shifted, type Handle, type Plan} from './hand';
import {ARCS} from './layers';
import {pixelsBetween} from './lines';
import {Walk} from './walk';

const REACH_PX = {mouse: 12, touch: 22};
const BORDER_PX = {mouse: 8, touch: 22};
// A hand is never quite still: less than this is a click.
const STILL_PX = 3;

interface Drag {
    handle: Handle | undefined;
    /** Where the handle, or the hold on the border, was. */
    from: Place;
    start: {x: number; y: number};
    offset: {x: number; y: number};
    plan: Plan | undefined;
    snap: Place | undefined;
    isRefused: boolean;
}

export class Moving implements Tool {
    private held: string | undefined;
    private handles: Handle[] = [];
    private focus: Handle | undefined;
    private drag_: Drag | undefined;
    /** What has been let go of and not been answered or drawn yet. */
    private sent: Plan | undefined;
    private hidden = new Set<string>();
    private hovered: string | undefined;
    private readonly walk: Walk;

    constructor(private readonly desk: Desk) {
        this.walk = new Walk(desk, {
            light: id => this.light(id),
            take: id => this.take(id),
            arc: () => this.arc,
            handles: () => this.handles,
            focus: () => this.focus,
            look: handle => this.look(handle),
            preview: plan => this.preview(plan),
            commit: plan => void this.commit(plan),
            remove: () => this.remove(),
        });
    }

    start(): void {
        this.paint();
    }

    stop(): void {
        this.cancel();
        this.letGo();
        this.light(undefined);
        this.desk.cursor('');
    }

    refresh(): void {
        const {ground} = this.desk;
        if (this.held && !ground.arcs.has(this.held)) {
            this.held = this.heir();
        }
        this.arrange();
        this.paint();
    }

    heard(isRefused: boolean): void {
        if (this.drag_ && this.drag_.isRefused !== isRefused) {
            this.drag_.isRefused = isRefused;
            this.paint();
        }
    }

    down(at: Pointed): boolean {
        const {arc} = this;
        if (!arc || this.isWaiting()) {
            return false;
        }
        const handle = this.handleAt(at);
        if (handle?.kind === 'locked') {
            this.desk.say(this.desk.word('fixed'), handle.at);
            return false;
        }
        const hit = handle ? undefined : this.borderAt(at);
        if (!handle && hit?.id !== arc.id) {
            return false;
        }
        this.begin(at, handle, handle?.at ?? onGrid(hit?.at as Place));
        return true;
    }

    /** Take the border under a finger that rests there, and its nearest point with it. */
    press(at: Pointed): boolean {
        const hit = this.borderAt(at);
        if (!hit || !this.take(hit.id)) {
            return false;
        }
        return this.down(at);
    }

    drag(at: Pointed): void {
        const {drag_: drag, arc} = this;
        if (!drag || !arc) {
            return;
        }
        const {point} = at;
        if (!drag.plan && Math.hypot(point.x - drag.start.x, point.y - drag.start.y) < STILL_PX) {
            return;
        }
        const {ground, map, session} = this.desk;
        const to = map.unproject([point.x + drag.offset.x, point.y + drag.offset.y]).toArray() as Place;
        // A point laid on another border would make an outline touch itself: only roads draw it.
        const snapped = drag.handle ? this.desk.snap(to, {arcs: false}) : undefined;
        const place = snapped?.at ?? onGrid(to);
        drag.snap = snapped?.at;
        drag.plan = drag.handle
            ? planned(ground, arc, drag.handle, place)
            : shifted(ground, arc, drag.from, place);
        this.desk.hush();
        this.paint();
        if (drag.plan) {
            session.try(drag.plan.operation);
        }
    }

    drop(): void {
        const {drag_: drag} = this;
        this.drag_ = undefined;
        if (!drag) {
            return;
        }
        if (drag.plan) {
            void this.commit(drag.plan);
        } else {
            this.look(drag.handle);
        }
    }

    hover(at: Pointed): void {
        const handle = this.arc && this.handleAt(at);
        const hit = handle ? undefined : this.borderAt(at);
        const arc = hit && this.desk.ground.arcs.get(hit.id);
        this.light(arc && !arc.locked && arc.id !== this.held ? arc.id : undefined);
        this.desk.cursor(cursorOf(handle, arc, arc?.id === this.held));
    }

    click(at: Pointed): void {
        if (this.arc && this.handleAt(at)) {
            return;
        }
        const hit = this.borderAt(at);
        if (hit) {
            this.take(hit.id);
        } else {
            this.letGo();
        }
    }

    key(event: KeyboardEvent): boolean {
        return !this.isWaiting() && this.walk.press(event);
    }

    cancel(): boolean {
        if (this.drag_ || this.walk.isUnderWay) {
            this.drag_ = undefined;
            this.walk.forget();
            this.desk.session.rest();
            this.paint();
            return true;
        }
        if (this.held) {
            this.letGo();
            return true;
        }
        return false;
    }

    /** Take the point that was last touched out of its border. */
    remove(): void {
        const {focus} = this;
        if (focus?.kind === 'point' || focus?.kind === 'node') {
            this.walk.forget();
            void this.asked({operation: {do: 'delete', at: focus.at}, lines: new Map(), at: focus.at});
        }
    }

    private get arc(): Arc | undefined {
        return this.held === undefined ? undefined : this.desk.ground.arcs.get(this.held);
    }

    private take(id: string): boolean {
        const {ground} = this.desk;
        const arc = ground.arcs.get(id) as Arc;
        const names = {left: this.desk.nameOf(arc.left), right: this.desk.nameOf(arc.right)};
        if (arc.locked) {
            const [place] = arc.line.slice(Math.floor(arc.line.length / 2));
            this.desk.say(this.desk.word('refused_locked'), place as Place);
            return false;
        }
        if (id !== this.held) {
            this.held = id;
            this.focus = undefined;
            this.light(undefined);
            this.arrange();
            this.paint();
            this.desk.speak(this.desk.word('border', names));
        }
        return true;
    }

    private letGo(): void {
        this.held = undefined;
        this.focus = undefined;
        this.handles = [];
        this.walk.forget();
        this.paint();
    }

    private look(handle: Handle | undefined): void {
        this.focus = handle;
        this.paint();
    }

    private begin(at: Pointed, handle: Handle | undefined, from: Place): void {
        this.walk.forget();
        this.focus = handle;
        const {x, y} = this.desk.map.project(from);
        const {point} = at;
        const offset = {x: x - point.x, y: y - point.y};
        this.drag_ = {handle, from, start: point, offset, plan: undefined, snap: undefined, isRefused: false};
        this.desk.cursor('grabbing');
        this.paint();
    }

    private preview(plan: Plan | undefined): void {
        this.paint(plan);
        if (plan) {
            this.desk.session.try(plan.operation);
        } else {
            this.desk.session.rest();
        }
    }

    private async commit(plan: Plan): Promise<void> {
        this.sent = plan;
        this.paint();
        await this.asked(plan);
    }

    private async asked(plan: Plan): Promise<void> {
        const outcome = await this.desk.do(plan.operation, plan.at);
        if (outcome.isDone) {
            const near = this.handles.find(({at, kind}) => kind !== 'middle' && isSame(at, plan.at));
            this.focus = near ?? this.focus;
            this.paint();
            await this.desk.settled();
        } else {
            this.desk.session.rest();
            this.desk.tell({refused: {sentence: outcome.sentence}});
        }
        if (this.sent === plan) {
            this.sent = undefined;
        }
        this.paint();
    }

    private isWaiting(): boolean {
        const {session} = this.desk;
        if (session.state.isLost) {
            this.desk.speak(this.desk.word('waiting'));
        }
        return !session.state.editable || session.state.waiting > 0;
    }

    /** The border that took the place of the one in hand when that was cut or joined. */
    private heir(): string | undefined {
        const {ground} = this.desk;
        const at = this.sent?.at ?? this.focus?.at ?? this.handles[0]?.at;
        const hit = at && ground.lines.nearest(at, REACH_PX.touch, this.desk.scale, id => !ground.arcs.get(id)?.locked);
        return hit?.id;
    }

    private arrange(): void {
        const {arc, focus} = this;
        this.handles = arc ? handlesOf(this.desk.ground, arc, this.desk.scale) : [];
        this.focus = focus && this.handles.find(({at, kind}) => isSame(at, focus.at) && kind === focus.kind);
    }

    private handleAt({place, isTouch}: Pointed): Handle | undefined {
        const {scale} = this.desk;
        const reach = REACH_PX[isTouch ? 'touch' : 'mouse'];
        const far = (handle: Handle) => pixelsBetween(place, handle.at, scale);
        const near = this.handles.filter(handle => far(handle) <= reach);
        // A real point goes before one that is only offered.
        const rank = (handle: Handle) => far(handle) + (handle.kind === 'middle' ? reach / 2 : 0);
        return near.sort((a, b) => rank(a) - rank(b))[0];
    }

    private borderAt({place, isTouch}: Pointed) {
        const reach = BORDER_PX[isTouch ? 'touch' : 'mouse'];
        return this.desk.ground.lines.nearest(place, reach, this.desk.scale);
    }

    private light(id: string | undefined): void {
        if (id !== this.hovered) {
            const set = (arc: string | undefined, hover: true | null) =>
                arc !== undefined && this.desk.states.set({source: ARCS, id: arc}, {hover});
            set(this.hovered, null);
            set(id, true);
            this.hovered = id;
        }
    }

    private paint(previewed = this.walk.plan): void {
        const {arc, drag_: drag} = this;
        const plan = drag?.plan ?? previewed ?? this.sent;
        const lines = new Map(plan?.lines);
        if (arc && !lines.has(arc.id)) {
            lines.set(arc.id, arc.line);
        }
        const {arcs} = this.desk.ground;
        const ghosts = [...(plan?.lines.keys() ?? [])].flatMap(id => arcs.get(id)?.line ?? []).length
            ? [...(plan as Plan).lines.keys()].flatMap(id => (arcs.has(id) ? [(arcs.get(id) as Arc).line] : []))
            : [];
        const handle = drag?.handle ?? this.focus;
        const handles = plan
            ? [...(handle && (drag?.handle || previewed) ? [{...handle, at: plan.at}] : [])]
            : this.handles;
        this.hide(new Set([...lines.keys()]));
        this.desk.hold(drawn(lines.values(), handles, {
            ghosts,
            focus: plan && previewed ? handles[0] : this.focus,
            snap: drag?.snap,
            isRefused: drag?.isRefused ?? false,
        }));
    }

    /** What is in hand is drawn as it is in hand, not as it was. */
    private hide(ids: Set<string>): void {
        const set = (id: string, held: true | null) => this.desk.states.set({source: ARCS, id}, {held});
        [...this.hidden].filter(id => !ids.has(id)).forEach(id => set(id, null));
        [...ids].filter(id => !this.hidden.has(id)).forEach(id => set(id, true));
        this.hidden = ids;
    }
}

function cursorOf(handle: Handle | undefined, arc: Arc | undefined, isHeld: boolean): string {
    if (handle) {
        return handle.kind === 'locked' ? 'not-allowed' : handle.kind === 'middle' ? 'copy' : 'grab';
    }
    return !arc ? '' : arc.locked ? 'not-allowed' : isHeld ? 'move' : 'pointer';
}
