/**
 * The change order being edited, as the server has it: one for each address, shared by the map and
 * the forms of the page.
 */
import type {FeatureCollection} from 'geojson';
import type {Arc, Balance, DoneAnswer, FoundAnswer, GroundAnswer, Numbers, Operation, Remark, TriedAnswer, Unit} from './contract';

// The pointer moves faster than numbers are worth asking for.
const BETWEEN_TRIES_MS = 40;
const RETRY_MS = [500, 1000, 2000, 4000, 8000, 15000];
const EMPTY: FeatureCollection = {type: 'FeatureCollection', features: []};
const STALE = 409;
const GATEWAY = new Set([502, 503, 504]);

/** Where the order stands now. */
export interface State {
    revision: number;
    done: number;
    steps: number;
    editable: boolean;
    /** Requests that wait for the line. */
    waiting: number;
    isLost: boolean;
    numbers: Numbers | null;
    remarks: Remark[];
}

export type News =
    | {kind: 'ground'; answer: GroundAnswer}
    | {kind: 'done'; answer: DoneAnswer}
    | {kind: 'tried'; answer: TriedAnswer}
    | {kind: 'numbers'; answer: {numbers: Numbers | null; remarks: Remark[]}}
    | {kind: 'refused'; answer: {sentence: string}}
    | {kind: 'line'; answer: {isLost: boolean; waiting: number}};

/** Whether an operation was carried out, and the sentence that says why not. */
export interface Outcome {
    isDone: boolean;
    sentence: string;
    /** What was found, where the server was asked to find something. */
    balance?: Balance;
}

type Listener = (news: News) => void;

/** No answer came: the line is lost, or what stands before the server says that it is. */
class LostError extends Error {}

class Refusal extends Error {
    constructor(
        message: string,
        readonly status: number,
    ) {
        super(message);
    }
}

export class Session {
    language = 'zh';
    readonly state: State = {
        revision: 0,
        done: 0,
        steps: 0,
        editable: false,
        waiting: 0,
        isLost: false,
        numbers: null,
        remarks: [],
    };
    readonly units = new Map<number, Unit>();
    readonly arcs = new Map<string, Arc>();
    moved: FeatureCollection = EMPTY;
    isLoaded = false;
    private readonly listeners = new Set<Listener>();
    private line: Promise<unknown> = Promise.resolve();
    private wanted: Operation | undefined;
    private isTrying = false;
    private trying = new AbortController();
    private tries = 0;
    // Answers to tries before this one are of a line that is no longer held.
    private since = 0;

    constructor(readonly url: string) {}

    listen(listener: Listener): () => void {
        this.listeners.add(listener);
        return () => this.listeners.delete(listener);
    }

    /** Fetch everything anew. */
    load(): Promise<void> {
        return this.queued(async () => {
            const answer = await this.asked<GroundAnswer>('ground');
            this.stand(answer);
            this.state.editable = answer.editable;
            this.arcs.clear();
            this.units.clear();
            answer.arcs.forEach(arc => this.arcs.set(arc.id, arc));
            answer.units.forEach(unit => this.units.set(unit.id, unit));
            this.isLoaded = true;
            this.tell({kind: 'ground', answer});
        });
    }

    /** Carry out an operation; when the line is lost it waits until it is back. */
    do(operation: Operation): Promise<Outcome> {
        return this.changed('do', {operation});
    }

    undo(): Promise<Outcome> {
        return this.changed('undo', {});
    }

    redo(): Promise<Outcome> {
        return this.changed('redo', {});
    }

    remedy(key: string): Promise<Outcome> {
        return this.changed('remedy', {key});
    }

    /** Have a load evened out; what is found is drawn as one step. */
    balance(asked: object): Promise<Outcome> {
        return this.changed('balance', asked);
    }

    /** Ask what an operation would do; while one is on its way only the latest waits. */
    try(operation: Operation): void {
        this.wanted = operation;
        if (!this.isTrying) {
            void this.tryOn();
        }
    }

    /** Let go of what was tried, and say the numbers as they stand again. */
    rest(): void {
        this.stopTrying();
        const {numbers, remarks} = this.state;
        this.tell({kind: 'numbers', answer: {numbers, remarks}});
    }

    /** Look no further ahead: the line has been let go. */
    private stopTrying(): void {
        this.wanted = undefined;
        this.since = this.tries + 1;
        this.trying.abort();
    }

    private async tryOn(): Promise<void> {
        this.isTrying = true;
        while (this.wanted) {
            const operation = this.wanted;
            this.wanted = undefined;
            const n = ++this.tries;
            const pause = new Promise(done => window.setTimeout(done, BETWEEN_TRIES_MS));
            const {signal} = (this.trying = new AbortController());
            try {
                const body = {revision: this.state.revision, operation, n};
                const answer = await this.asked<TriedAnswer>('try', body, signal);
                if (n >= this.since) {
                    this.tell({kind: 'tried', answer});
                }
            } catch (error) {
                // A try is only a look ahead: what is wrong is said when it is to be done.
                const isMinor = error instanceof Refusal || error instanceof LostError;
                if (!isMinor && !signal.aborted) {
                    throw error;
                }
            }
            await pause;
        }
        this.isTrying = false;
    }

    private changed(path: string, body: object): Promise<Outcome> {
        this.stopTrying();
        return this.queued(async () => {
            try {
                const answer = await this.asked<DoneAnswer | FoundAnswer>(path, {
                    revision: this.state.revision,
                    ...body,
                });
                if (!('arcs' in answer)) {
                    return {isDone: false, sentence: '', balance: answer.balance};
                }
                this.apply(answer);
                const {said, balance} = answer;
                return {isDone: true, sentence: said, ...(balance && {balance})};
            } catch (error) {
                if (!(error instanceof Refusal)) {
                    throw error;
                }
                this.tell({kind: 'refused', answer: {sentence: error.message}});
                if (error.status === STALE) {
                    void this.load();
                }
                return {isDone: false, sentence: error.message};
            }
        });
    }

    private apply(answer: DoneAnswer): void {
        this.stand(answer);
        answer.arcs.gone.forEach(id => this.arcs.delete(id));
        answer.arcs.new.forEach(arc => this.arcs.set(arc.id, arc));
        answer.units.gone.forEach(id => this.units.delete(id));
        answer.units.new.forEach(unit => this.units.set(unit.id, unit));
        this.tell({kind: 'done', answer});
    }

    private stand(answer: GroundAnswer | DoneAnswer): void {
        const {revision, done, steps, numbers, remarks, moved} = answer;
        Object.assign(this.state, {revision, done, steps, numbers, remarks});
        this.moved = moved;
        // What is still being tried began from what stood before.
        this.since = this.tries + 1;
    }

    /** Do one thing after the other, each again and again while the line is lost. */
    private queued<T>(work: () => Promise<T>): Promise<T> {
        this.state.waiting += 1;
        const turn = this.line.then(async () => {
            for (let failures = 0; ; failures += 1) {
                try {
                    const result = await work();
                    this.mark(false);
                    return result;
                } catch (error) {
                    if (!(error instanceof LostError)) {
                        throw error;
                    }
                    this.mark(true);
                    await back(RETRY_MS[Math.min(failures, RETRY_MS.length - 1)] as number);
                }
            }
        });
        const counted = turn.finally(() => {
            this.state.waiting -= 1;
        });
        this.line = counted.catch(() => undefined);
        return counted;
    }

    private mark(isGone: boolean): void {
        if (this.state.isLost !== isGone) {
            this.state.isLost = isGone;
            this.tell({kind: 'line', answer: {isLost: isGone, waiting: this.state.waiting}});
        }
    }

    private async asked<T>(path: string, body?: object, signal?: AbortSignal): Promise<T> {
        const address = `${this.url}/${path}?language=${this.language}`;
        const post = {
            method: 'POST',
            headers: {'Content-Type': 'application/json', Accept: 'application/json'},
            body: JSON.stringify(body),
            signal: signal ?? null,
        };
        const get = {headers: {Accept: 'application/json'}};
        const response = await fetch(address, body ? post : get).catch((error: unknown) => {
            throw new LostError(String(error));
        });
        if (GATEWAY.has(response.status)) {
            throw new LostError(`${response.status} ${response.statusText}`);
        }
        if (!response.ok) {
            const said = await response.json().catch(() => ({}));
            const sentence = said.error ?? said.detail ?? response.statusText;
            throw new Refusal(String(sentence), response.status);
        }
        return response.json() as Promise<T>;
    }

    private tell(news: News): void {
        this.listeners.forEach(listener => listener(news));
        const detail = {...news.answer, kind: news.kind, url: this.url, state: {...this.state}};
        window.dispatchEvent(new CustomEvent('citygrid:edit', {detail}));
    }
}

const sessions = new Map<string, Session>();

/** The one session of an address, begun when it is first asked for. */
export function sessionOf(url: string): Session {
    let session = sessions.get(url);
    if (!session) {
        session = new Session(url);
        sessions.set(url, session);
    }
    return session;
}

/** Wait until the browser says that it is online again, or for some time. */
function back(ms: number): Promise<void> {
    return new Promise(done => {
        const go = () => {
            window.clearTimeout(timer);
            window.removeEventListener('online', go);
            done();
        };
        const timer = window.setTimeout(go, ms);
        window.addEventListener('online', go);
    });
}
