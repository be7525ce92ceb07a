// Builds the bundle that is committed and served: one script, MapLibre's worker, one stylesheet.
// `node build.mjs [folder]`; the same sources and lock file give the same bytes.
import {createHash} from 'node:crypto';
import {mkdir, readFile, readdir, rm, writeFile} from 'node:fs/promises';
import {dirname, join, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(process.argv[2] ?? join(here, 'bundle'));
const maplibre = join(here, 'node_modules/maplibre-gl/dist');

/** Take React from the page: Dash has loaded it already. */
const reactFromWindow = {
    name: 'react-from-window',
    setup(plugin) {
        plugin.onResolve({filter: /^react$/}, () => ({path: 'react', namespace: 'window'}));
        plugin.onLoad({filter: /./, namespace: 'window'}, () => ({
            contents: 'module.exports = window.React;',
        }));
    },
};

await rm(out, {recursive: true, force: true});
await mkdir(out, {recursive: true});
await build({
    absWorkingDir: here,
    entryPoints: {'gridmap.min': 'src/index.ts'},
    outdir: out,
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    jsx: 'transform',
    legalComments: 'none',
    plugins: [reactFromWindow],
    // MapLibre asks where it lies only to find its worker, and we say where that is.
    logOverride: {'empty-import-meta': 'silent'},
    logLevel: 'warning',
});
const worker = await readFile(join(maplibre, 'maplibre-gl-worker.mjs'), 'utf8');
// Its source map is not shipped, and a browser's tools would ask for it.
const bare = worker.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, '\n');
await writeFile(join(out, 'maplibre-gl-worker.mjs'), bare);
await writeFile(join(out, 'LICENSES.txt'), await licences('maplibre-gl', 'terra-draw', 'terra-draw-maplibre-gl-adapter'));
await writeFile(join(out, 'version.txt'), await fingerprint());

/** Licence texts of packages and of everything they are built from. */
async function licences(...roots) {
    const {packages} = JSON.parse(await readFile(join(here, 'package-lock.json'), 'utf8'));
    const wanted = new Set(roots);
    // Published without its licence's text, which its repository has.
    const kept = await readFile(join(here, 'licences/terra-draw.txt'), 'utf8');
    for (const name of wanted) {
        for (const each of Object.keys(packages[`node_modules/${name}`].dependencies ?? {})) {
            wanted.add(each);
        }
    }
    const parts = [];
    // Plain code-unit order: localeCompare depends on the machine's language.
    for (const name of [...wanted].sort()) {
        const {version, license} = packages[`node_modules/${name}`];
        const folder = join(here, 'node_modules', name);
        const files = (await readdir(folder)).filter(file => /^licen[cs]e/i.test(file)).sort();
        const texts = await Promise.all(files.map(file => readFile(join(folder, file), 'utf8')));
        const said = texts.length || !name.startsWith('terra-draw') ? texts : [kept];
        const text = said.map(each => each.replace(/\r\n/g, '\n').trim()).join('\n\n');
        parts.push(`${name} ${version}\nLicence: ${license}\n\n${text}\n`);
    }
    return parts.join(`\n${'-'.repeat(80)}\n\n`);
}

/** Hash of what the browser loads: part of its address, so that no old file is kept. */
async function fingerprint() {
    const hash = createHash('sha256');
    for (const file of (await readdir(out)).sort()) {
        hash.update(file).update(await readFile(join(out, file)));
    }
    return `${hash.digest('hex').slice(0, 12)}\n`;
}
