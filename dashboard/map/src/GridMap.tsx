import * as React from 'react';
import {GPUInitializationError} from 'maplibre-gl';
import {GridMapHost} from './map';
import type {GridMapProps} from './props';

type Registry = Window & {__citygrid_maps?: Record<string, unknown>};

/**
 * One map of vector tiles: a MapLibre style with layer groups, a choropleth coloured by feature
 * state, hover card, selection and keyboard. Nothing comes from outside the page's own address.
 * Keys, with the map in focus: arrows pan, + and - zoom, [ and ] walk the coloured features from
 * the middle outwards, Enter chooses, Shift and Enter chooses as a double click does, Backspace
 * goes up, Escape clears.
 */
const GridMap = (props: GridMapProps) => {
    const element = React.useRef<HTMLDivElement>(null);
    const host = React.useRef<GridMapHost | null>(null);
    const latest = React.useRef(props);
    latest.current = props;

    React.useEffect(() => {
        const container = element.current as HTMLDivElement;
        const emit = (out: object) => latest.current.setProps?.(out);
        const inner = document.createElement('div');
        inner.className = 'citygrid-map-inner';
        container.append(inner);
        try {
            host.current = new GridMapHost(inner, latest.current, emit);
        } catch (error) {
            inner.remove();
            if (!(error instanceof GPUInitializationError)) {
                throw error;
            }
            emit({error: {kind: 'no-webgl', message: error.message, n: 1}});
            return undefined;
        }
        const maps = ((window as Registry).__citygrid_maps ??= {});
        const name = props.id ?? '';
        maps[name] = host.current.map;
        return () => {
            host.current?.remove();
            host.current = null;
            inner.remove();
            delete maps[name];
        };
    }, []);

    React.useEffect(() => host.current?.update(props));

    const {id, className, style} = props;
    return <div id={id} ref={element} className={`citygrid-map ${className ?? ''}`} style={style} />;
};

export default GridMap;
