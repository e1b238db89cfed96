// Fills ../static/vendor with the files that pages load as they are, and ../static/dist with our bundles.
// Run it through hatch_build.py, which also writes the manifest by which a stale bundle is noticed.
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import zhPlatform from 'bpmn-js-i18n-zh/lib/camunda-properties-panel/index.js';
import zhElements from 'bpmn-js-i18n-zh/lib/bpmn-js/index.js';
import zhPanel from 'bpmn-js-i18n-zh/lib/properties-panel/index.js';
import zhZeebe from 'bpmn-js-i18n-zh/lib/zeebe-properties-panel/index.js';
import zn from 'bpmn-js-i18n/translations/zn.js';
import * as esbuild from 'esbuild';
import { textsOf } from './src/translations/extract.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, 'node_modules');
const vendor = join(here, '..', 'static', 'vendor');
const dist = join(here, '..', 'static', 'dist');

// A page loads one entry; what two entries share becomes a chunk of its own.
const entries = ['viewer', 'modeler', 'decision', 'form', 'text'];

// Vendored as published. The comment that names a source map goes, as the maps are not shipped.
const vendored = {
  'bootstrap.min.css': 'bootstrap/dist/css/bootstrap.min.css',
  'bootstrap.bundle.min.js': 'bootstrap/dist/js/bootstrap.bundle.min.js',
  'htmx.min.js': 'htmx.org/dist/htmx.min.js',
};
const vendoredPackages = ['bootstrap', '@popperjs/core', 'bootstrap-icons', 'htmx.org'];

// The sources of an output and of the chunks that it loads.
function inputsOf({ outputs }, output, seen = new Set()) {
  if (seen.has(output)) return [];
  seen.add(output);
  const { inputs, imports } = outputs[output];
  return [...Object.keys(inputs), ...imports.filter((each) => outputs[each.path]).flatMap((each) => inputsOf({ outputs }, each.path, seen))];
}

function emptied(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
}

function licence(name) {
  const folder = join(modules, name);
  const described = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file ? readFileSync(join(folder, file), 'utf8').trim() : `Licence: ${described.license}`;
  return `${described.name} ${described.version}\n${'='.repeat(72)}\n${text.replaceAll('\r\n', '\n')}\n`;
}

function sprite() {
  const names = readFileSync(join(here, 'icons.txt'), 'utf8').split(/\s+/).filter(Boolean);
  const symbols = names.map((name) => {
    const svg = readFileSync(join(modules, 'bootstrap-icons', 'icons', `${name}.svg`), 'utf8');
    const shape = svg.replace(/^[\s\S]*?<svg[^>]*>/, '').replace('</svg>', '').replace(/\s*\n\s*/g, '');
    return `<symbol id="${name}" viewBox="0 0 16 16">${shape}</symbol>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join('\n')}\n</svg>\n`;
}

emptied(vendor);
for (const [target, source] of Object.entries(vendored)) {
  const text = readFileSync(join(modules, source), 'utf8').replace(/\n?\/[/*]# sourceMappingURL=\S+(\s*\*\/)?\s*$/, '\n');
  writeFileSync(join(vendor, target), text);
}
writeFileSync(join(vendor, 'icons.svg'), sprite());
writeFileSync(join(vendor, 'LICENSES.txt'), vendoredPackages.map(licence).join('\n'));

// The accessibility checker of the tests, where there are tests. Its licence stands in LICENSES.txt beside it.
const tests = join(here, '..', '..', 'tests', 'vendor');
if (existsSync(tests)) copyFileSync(join(modules, 'axe-core', 'axe.min.js'), join(tests, 'axe.min.js'));

emptied(dist);
const built = await esbuild.build({
  absWorkingDir: here,
  entryPoints: entries.map((name) => `src/${name}.js`),
  outdir: dist,
  bundle: true,
  format: 'esm',
  splitting: true,
  minify: true,
  target: 'es2020',
  // two copies of it in one editor do not know each other's hooks
  alias: { preact: join(modules, 'preact') },
  charset: 'utf8',
  legalComments: 'none',
  metafile: true,
  entryNames: '[name]',
  chunkNames: 'chunk-[hash]',
  assetNames: '[name]-[hash]',
  define: { 'process.env.NODE_ENV': '"production"' },
  loader: { '.woff': 'file', '.woff2': 'file', '.ttf': 'file', '.eot': 'file', '.svg': 'file' },
});
const packages = new Set(
  Object.keys(built.metafile.inputs)
    .map((input) => input.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/)?.[1])
    .filter(Boolean),
);
writeFileSync(join(dist, 'LICENSES.txt'), [...packages].sort().map(licence).join('\n'));

// What the libraries say in each bundle and no table translates; a test wants it empty.
const tables = ['modeller', 'decisions', 'forms'].map((name) => JSON.parse(readFileSync(join(here, `src/translations/zh-${name}.json`), 'utf8')));
const known = Object.assign({}, zn, zhPlatform, zhElements, zhPanel, zhZeebe, ...tables);
const untranslated = {};
for (const [output, { entryPoint }] of Object.entries(built.metafile.outputs)) {
  const name = entryPoint && basename(entryPoint, '.js');
  if (!['modeler', 'decision', 'form'].includes(name)) continue;
  untranslated[name] = textsOf(here, inputsOf(built.metafile, output)).filter((text) => !known[text]);
}
writeFileSync(join(dist, 'untranslated.json'), `${JSON.stringify(untranslated, null, 1)}\n`);
