/** Entry of the bundle: registers the component where Dash looks for it. */
import {setWorkerUrl} from 'maplibre-gl';
import GridMap from './GridMap';
import {act} from './editor/page';
import {sessionOf} from './editor/session';
import './gridmap.css';

// Dash writes a fingerprint into the script's name; with the same one the worker is cached as long.
const script = new URL((document.currentScript as HTMLScriptElement).src);
const fingerprint = /gridmap(\.v[\w-]+m[0-9a-f]+)?\.min\.js/i.exec(script.pathname)?.[1] ?? '';
setWorkerUrl(new URL(`maplibre-gl-worker${fingerprint}.mjs`, script).href);

Object.assign(window, {citygrid_map: {GridMap, edit: {sessionOf, act}}});
