/** What the page's own scripts may ask of the editor on the map. */
import type {Editor} from './editor';

let present: Editor | undefined;

/** Say which editor is on the map; there is one map on a page. */
export function enrol(editor: Editor | undefined): void {
    present = editor;
}

/** Let the tool in use cancel, finish what it has gathered, or remove the point in focus. */
export function act(what: string): void {
    present?.act(what);
}
