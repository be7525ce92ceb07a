// Writes the Python class from the component's types with Dash's own generator.
// `node component.mjs [file]`; `dash-generate-components` must be on the path.
import {execFileSync} from 'node:child_process';
import {copyFile, cp, mkdtemp, mkdir, readFile, rm, symlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {dirname, join, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(process.argv[2] ?? join(here, 'grid_map.py'));

// The generator names the JavaScript namespace after the folder it writes to, and leaves more
// files there than we want.
const work = await mkdtemp(join(tmpdir(), 'citygrid-map-'));
try {
    await mkdir(join(work, 'citygrid_map'));
    await cp(join(here, 'src'), join(work, 'src'), {recursive: true});
    await copyFile(join(here, 'package.json'), join(work, 'package.json'));
    // Under strict an optional prop is a union with undefined, and the generator writes Any.
    const loose = {extends: join(here, 'tsconfig.json'), compilerOptions: {strict: false}};
    await writeFile(join(work, 'tsconfig.json'), JSON.stringify(loose));
    await symlink(join(here, 'node_modules'), join(work, 'node_modules'));
    await writeFile(join(work, 'citygrid_map/__init__.py'), '# proptypes.js is not used\n');
    const args = ['src/GridMap.tsx', 'citygrid_map', '--keep-prop-order', 'GridMap'];
    execFileSync('dash-generate-components', args, {cwd: work, stdio: ['ignore', 'ignore', 'inherit']});
    const text = await readFile(join(work, 'citygrid_map/GridMap.py'), 'utf8');
    await writeFile(out, `"""The GridMap component, written by component.mjs from src/props.ts."""\n${text}`);
} finally {
    await rm(work, {recursive: true});
}
