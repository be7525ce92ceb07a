/** Drawing lines and areas: what is being drawn lives in terra-draw, and nothing else does. */
import {
    TerraDraw,
    TerraDrawFreehandMode,
    TerraDrawLineStringMode,
    TerraDrawPolygonMode,
    TerraDrawRectangleMode,
} from 'terra-draw';
import {TerraDrawMapLibreGLAdapter} from 'terra-draw-maplibre-gl-adapter';
import {isSame, onGrid, type Operation, type Place} from './contract';
import type {Desk, Pointed, Snapped, Tool} from './desk';
import {isWithin} from './ground';
import {drawn} from './hand';
import {PREFIX} from './layers';
import {pixelsBetween, stretch} from './lines';
import type {Selecting} from './selecting';

// A corner this near to a road lies on it.
const ON_ROAD_PX = 1;

// A click this near to the last corner, or to the first of an area, ends the drawing.
const END_PX = 14;

type Mode = TerraDrawLineStringMode | TerraDrawPolygonMode | TerraDrawRectangleMode | TerraDrawFreehandMode;

export class Drawing implements Tool {
    private draw: TerraDraw | undefined;
    private mode: Mode | undefined;
    private snapped: Snapped | undefined;
    private isAdding = false;
    /** Lines that are finished and wait for others. */
    private lines: Place[][] = [];

    constructor(
        private readonly desk: Desk,
        private readonly selecting: Selecting,
    ) {}

    start(): void {
        const {map} = this.desk;
        this.mode = this.modeOf();
        const adapter = new TerraDrawMapLibreGLAdapter({map, prefixId: `${PREFIX}draw`});
        this.draw = new TerraDraw({adapter, modes: [this.mode]});
        this.draw.start();
        this.draw.setMode(this.mode.mode);
        this.draw.on('change', ids => this.changed(ids));
        this.draw.on('finish', id => this.finished(id));
    }

    stop(): void {
        this.draw?.stop();
        this.draw = undefined;
        this.lines = [];
        this.desk.hold([]);
        this.desk.cursor('');
    }

    hover(at: Pointed): void {
        this.isAdding = at.shift;
        const snaps = !this.isOf('select');
        this.snapped = snaps ? this.desk.snap(at.place) : undefined;
        this.show();
    }

    key(event: KeyboardEvent): boolean {
        const isUndo = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'z';
        if (isUndo && this.isDrawing) {
            const {mode} = this;
            if (mode && 'undo' in mode) {
                event.shiftKey ? mode.redo?.() : mode.undo?.();
            }
            return true;
        }
        if (event.key === 'Enter' && !this.isDrawing && this.lines.length) {
            this.finish();
            return true;
        }
        return false;
    }

    cancel(): boolean {
        if (this.isDrawing) {
            // The library's own listener hears the key as well, when it goes up.
            this.draw?.clear();
            this.desk.session.rest();
            return true;
        }
        if (this.lines.length) {
            this.clear();
            return true;
        }
        return false;
    }

    /** Cut by the lines gathered so far. */
    finish(): void {
        if (this.lines.length) {
            void this.carryOut(this.lines);
        }
    }

    private get isDrawing(): boolean {
        return this.draw?.getModeState() === 'drawing';
    }

    private isOf(...purposes: string[]): boolean {
        return purposes.includes(this.desk.spec().purpose ?? '');
    }

    private modeOf(): Mode {
        const {accent, surface, theirs} = this.desk.spec().colours;
        const snapping = {
            toCustom: ({lng, lat}: {lng: number; lat: number}) => this.desk.snap([lng, lat])?.at,
        };
        const points = {
            closingPointColor: surface, closingPointOutlineColor: accent, closingPointWidth: 5, closingPointOutlineWidth: 2,
            snappingPointColor: surface, snappingPointOutlineColor: theirs, snappingPointWidth: 0, snappingPointOutlineWidth: 0,
        } as const;
        const area = {
            fillColor: accent, fillOpacity: 0.14, outlineColor: accent, outlineWidth: 2,
        };
        const coloured = (styles: object) => styles as never;
        const {tool, shape} = this.desk.spec();
        if (tool === 'draw_line') {
            const styles = coloured({lineStringColor: accent, lineStringWidth: 2.5, ...points});
            return new TerraDrawLineStringMode({snapping, styles, pointerDistance: END_PX});
        }
        if (shape === 'rectangle') {
            return new TerraDrawRectangleMode({drawInteraction: 'click-move-or-drag', styles: coloured(area)});
        }
        if (shape === 'freehand') {
            return new TerraDrawFreehandMode({drawInteraction: 'click-move-or-drag', minDistance: 6, styles: coloured({...area, ...points})});
        }
        const styles = coloured({...area, ...points});
        const options = {styles, pointerDistance: END_PX};
        return new TerraDrawPolygonMode(this.isOf('select') ? options : {...options, snapping});
    }

    private changed(ids: (string | number)[]): void {
        const drawing = ids.map(id => this.drawnAs(id)).find(Boolean);
        this.show();
        if (drawing && this.isDrawing) {
            const operation = this.operation([drawing]);
            const isLine = this.desk.spec().tool === 'draw_line';
            // A line that does not end on a border yet would only be refused.
            if (operation && (isLine ? this.snapped?.from === 'arcs' : drawing.length > 3)) {
                this.desk.session.try(operation);
            }
        }
    }

    private finished(id: string | number): void {
        const line = this.drawnAs(id);
        if (!line) {
            return;
        }
        const {tool, several} = this.desk.spec();
        if (this.isOf('select')) {
            this.selecting.within(line, this.isAdding);
            // It calls us while it is still busy with what it drew.
            window.setTimeout(() => this.clear());
        } else if (tool === 'draw_line' && several && this.isOf('split', 'divide')) {
            this.lines.push(line);
        } else {
            void this.carryOut([...this.lines, line]);
        }
    }

    private async carryOut(lines: Place[][]): Promise<void> {
        const operation = this.operation(lines);
        const [line] = lines;
        if (operation && line) {
            const at = line[Math.floor(line.length / 2)] as Place;
            const outcome = await this.desk.do(operation, at);
            if (!outcome.isDone) {
                this.desk.session.rest();
                this.desk.tell({refused: {sentence: outcome.sentence}});
            }
        }
        this.clear();
    }

    private clear(): void {
        this.lines = [];
        this.draw?.clear();
        this.show();
    }

    /** What is drawn, on the grid, along the roads that it was drawn on. */
    private drawnAs(id: string | number): Place[] | undefined {
        const geometry = this.draw?.getSnapshotFeature(id)?.geometry;
        if (geometry?.type === 'LineString') {
            return this.traced(geometry.coordinates.map(place => onGrid(place as Place)));
        }
        return geometry?.type === 'Polygon'
            ? geometry.coordinates[0]?.map(place => onGrid(place as Place))
            : undefined;
    }

    private traced(corners: Place[]): Place[] {
        const {roads, scale} = this.desk;
        const line: Place[] = [];
        corners.forEach((corner, k) => {
            const before = corners[k - 1];
            const [from, to] = [before, corner].map(at => at && roads.nearest(at, ON_ROAD_PX, scale));
            const road = from && to && from.id === to.id ? roads.line(from.id) : undefined;
            const way = from && to && road ? stretch(road, from, to).slice(1, -1).map(onGrid) : [];
            line.push(...way, corner);
        });
        return line.filter((place, k) => k === 0 || !isSame(place, line[k - 1] as Place));
    }

    private operation(lines: Place[][]): Operation | undefined {
        const {purpose, to, level} = this.desk.spec();
        const [line] = lines;
        if (!line || line.length < 2) {
            return undefined;
        }
        switch (purpose) {
            case 'reshape':
                return {do: 'reshape', line};
            case 'split':
                return {do: 'split', unit: this.cut(line), lines};
            case 'divide':
                return {do: 'divide', unit: this.cut(line), lines, level};
            case 'hand_over_area':
                return {do: 'hand_over_area', area: line.slice(0, -1), to};
            default:
                return undefined;
        }
    }

    /** The unit that a line is to cut: the one chosen, or the one that it runs through. */
    private cut(line: Place[]): number | null {
        const {selection} = this.desk.spec();
        if (selection?.units.length === 1) {
            return selection.units[0] as number;
        }
        const middle = middleOf(line);
        return this.desk.ground.faces.find(face =>
            this.desk.ground.area(face)?.geometry.coordinates.some(polygon =>
                isWithin(middle, (polygon as Place[][])[0] as Place[]))) ?? null;
    }

    private show(): void {
        this.desk.hold(drawn([], [], {snap: this.snapped?.at}));
    }
}

/** The place half-way along a line, as it looks on the map. */
function middleOf(line: Place[]): Place {
    const scale = {pixels: 1, cosine: Math.cos(((line[0] as Place)[1] * Math.PI) / 180)};
    const lengths = line.slice(1).map((place, k) => pixelsBetween(line[k] as Place, place, scale));
    let left = lengths.reduce((sum, each) => sum + each, 0) / 2;
    const k = Math.max(0, lengths.findIndex(length => (left -= length) <= 0));
    const [[ax, ay], [bx, by]] = [line[k] as Place, line[k + 1] as Place];
    const share = 1 + left / (lengths[k] || 1);
    return [ax + (bx - ax) * share, ay + (by - ay) * share];
}
