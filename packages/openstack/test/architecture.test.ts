/**
 * What may import what (ANCHORS §4), no cycles, no long files. Reads the sources; runs nothing of them.
 */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { DAEMONS } from '../src/cloud/daemons.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const MAX_LINES = 400;
const files = globSync('packages/*/src/**/*.ts', { cwd: root }).filter((file) => !file.endsWith('.test.ts'));

interface Edge {
  from: string;
  specifier: string;
  to: string | undefined;
  typeOnly: boolean;
}

const IMPORT = /^(?:import|export)\s(type\s)?[^;'"]*?from\s+['"]([^'"]+)['"]|import\(['"]([^'"]+)['"]\)/gm;

function edgesOf(file: string): Edge[] {
  const source = readFileSync(join(root, file), 'utf8');
  return [...source.matchAll(IMPORT)].map((match) => {
    const specifier = match[2] ?? match[3] ?? '';
    return { from: file, specifier, to: target(file, specifier), typeOnly: match[1] !== undefined };
  });
}

/** What a package exports, by the name behind its own. */
const exported = new Map(
  globSync('packages/*/package.json', { cwd: root }).map((file) => {
    const { exports } = JSON.parse(readFileSync(join(root, file), 'utf8')) as { exports?: Record<string, string> };
    return [dirname(file), exports ?? {}];
  }),
);

function target(file: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return relative(root, resolve(root, dirname(file), specifier));
  const own = /^@kumo\/([^/]+)(?:\/(.+))?$/.exec(specifier);
  if (!own) return undefined;
  const [, name, path] = own;
  const exports = exported.get(`packages/${name}`) ?? {};
  const named = exports[path === undefined ? '.' : `./${path}`];
  const pattern = exports['./*'];
  const found = named ?? (path === undefined ? undefined : pattern?.replace('*', path));
  return join(`packages/${name}`, found ?? `(no export ${path ?? '.'})`);
}

const edges = files.flatMap(edgesOf);
const packageOf = (file: string) => file.split('/')[1]!;
/** Every file that a service's `/api` export loads. */
const contracts = new Set<string>(files.filter((file) => /^packages\/\w+\/src\/api\/index\.ts$/.test(file)));
for (const file of contracts) {
  for (const { from, to } of edges) if (from === file && to && packageOf(to) === packageOf(from)) contracts.add(to);
}
/** The layer of a file inside its service: routes, api, app, db, flows, reconcilers, rpc, rpc-handlers, drivers. */
function layerOf(file: string): string {
  const [, , , folder = ''] = file.split('/');
  // Below api/, what other services can import is the contract; the rest belongs to the routes.
  if (folder === 'api' && !contracts.has(file)) return 'routes';
  if (file.endsWith('.handlers.ts')) return 'handlers';
  return folder;
}

const FORBIDDEN: Record<string, string[]> = {
  app: ['routes', 'handlers', 'reconcilers'],
  api: ['app', 'db', 'flows', 'reconcilers', 'drivers', 'routes', 'handlers'],
  routes: ['db', 'drivers', 'flows', 'reconcilers'],
  db: ['app', 'routes', 'flows', 'reconcilers', 'drivers', 'handlers'],
  drivers: ['app', 'db', 'routes', 'flows', 'reconcilers', 'handlers', 'api'],
  rpc: ['app', 'db', 'routes', 'flows', 'reconcilers', 'drivers', 'handlers'],
};

/** Methods of RPC contracts that have no reply: `name: cast(…`. */
const casts = files
  .filter((file) => /^packages\/(?!core\/)\w+\/src\/(rpc|app)\//.test(file))
  .flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/^\s+(\w+): cast\(/gm)].map((match) => match[1]!),
  );

test('no request waits for a message without a reply: it follows the commit (ADR 0017)', () => {
  assert.ok(casts.includes('runFlows') && casts.includes('portsChanged'), casts.join());
  const waits = new RegExp(`(await|return)\\s[^;{}]*\\.(${casts.join('|')})\\([^;]*`, 'g');
  const caught = new RegExp(`\\.(${casts.join('|')})\\([^;]*\\.(then|catch|finally)\\(`, 'g');
  const wrong = files
    .filter((file) => /^packages\/(?!core\/)\w+\/src\/(app|api|rpc)\//.test(file))
    .flatMap((file) => {
      const source = readFileSync(join(root, file), 'utf8');
      return [...source.matchAll(waits), ...source.matchAll(caught)].map(([text]) => `${file}: ${text}`);
    });
  assert.deepEqual(wrong, []);
});

test('core imports nothing of the services', () => {
  const wrong = edges.filter((edge) => packageOf(edge.from) === 'core' && edge.to && packageOf(edge.to) !== 'core');
  assert.deepEqual(wrong, []);
});

const services = new Set<string>(DAEMONS.map(({ service }) => service));

test('every service has the same places', () => {
  const places = ['README.md', ...['config', 'errors', 'service', 'api/index'].map((name) => `src/${name}.ts`)];
  const tables = ['open', 'schema', 'migrations/index'].map((name) => `src/db/${name}.ts`);
  const daemons = DAEMONS.map(({ name, service }) => `packages/${service}/src/daemons/${name}.ts`);
  const wanted = [...services].flatMap((service) =>
    [...places, ...tables].map((file) => `packages/${service}/${file}`),
  );
  assert.deepEqual(
    [...wanted, ...daemons].filter((file) => !existsSync(join(root, file))),
    [],
  );
  const known = new Set(daemons);
  assert.deepEqual(
    files.filter((file) => file.split('/')[3] === 'daemons' && !known.has(file)),
    [],
    'src/daemons/ holds one file per daemon that openstack lists, under its name',
  );
});

test("a service's README names its daemons and fits one screen", () => {
  for (const service of services) {
    const text = readFileSync(join(root, `packages/${service}/README.md`), 'utf8');
    for (const daemon of DAEMONS) if (daemon.service === service) assert.ok(text.includes(daemon.name), daemon.name);
    assert.ok(text.split('\n').length <= 60, `${service}: ${text.split('\n').length} lines`);
  }
});

test('only service.ts hands daemons out, and it does nothing else', () => {
  const wrong = edges.filter(({ from, to }) => to?.split('/')[3] === 'daemons' && !from.endsWith('/src/service.ts'));
  assert.deepEqual(wrong, []);
  for (const service of services) {
    const source = readFileSync(join(root, `packages/${service}/src/service.ts`), 'utf8');
    const statements = source.replace(/\/\*[\s\S]*?\*\//g, '').match(/^\w+/gm) ?? [];
    assert.deepEqual(new Set(statements), new Set(['export']), service);
  }
});

test('drivers of one kind or technology know nothing of another', () => {
  const wrong = edges.filter(({ from, to }) => {
    const [a, b] = [from.split('/'), (to ?? '').split('/')];
    if (a[1] !== b[1] || a[3] !== 'drivers' || b[3] !== 'drivers' || a.length < 6 || b.length < 6) return false;
    // drivers/host: what all of Neutron's drivers do with a host.
    if (a[4] !== b[4]) return b[4] !== 'host';
    return a.length > 6 && b.length > 6 && a[5] !== b[5];
  });
  assert.deepEqual(wrong, []);
});

test('a service reaches another only through its /api contracts', () => {
  const wrong = edges.filter((edge) => {
    if (!edge.to || !services.has(packageOf(edge.from)) || packageOf(edge.from) === packageOf(edge.to)) return false;
    return packageOf(edge.to) !== 'core' && !/^@kumo\/\w+\/api$/.test(edge.specifier);
  });
  assert.deepEqual(wrong, []);
});

test('what a service exports as its contracts stays within api/', () => {
  const wrong = [...contracts].filter((file) => !/^packages\/\w+\/src\/api\//.test(file));
  assert.deepEqual(wrong, []);
});

test('imports inside a service go one way', () => {
  const wrong = edges.filter((edge) => {
    if (!edge.to || packageOf(edge.from) !== packageOf(edge.to) || packageOf(edge.from) === 'core') return false;
    // A route may name the type of a row that it shows; it may not call the db layer.
    if (edge.typeOnly && layerOf(edge.from) === 'routes') return false;
    return FORBIDDEN[layerOf(edge.from)]?.includes(layerOf(edge.to)) ?? false;
  });
  assert.deepEqual(
    wrong.map(({ from, to }) => `${from} -> ${to}`),
    [],
  );
});

test('every relative import names a file that exists', () => {
  const known = new Set(globSync('packages/*/{src,test,bench,scripts}/**/*.{ts,json}', { cwd: root }));
  const wrong = edges
    .filter((edge) => edge.to && !known.has(edge.to))
    .map(({ from, specifier }) => `${from}: ${specifier}`);
  assert.deepEqual(wrong, []);
});

test('there are no import cycles', () => {
  const graph = Map.groupBy(
    edges.filter((edge) => edge.to && !edge.typeOnly),
    (edge) => edge.from,
  );
  const state = new Map<string, 'open' | 'done'>();
  const cycles: string[] = [];
  const visit = (file: string, path: string[]): void => {
    if (state.get(file) === 'done') return;
    if (state.get(file) === 'open') {
      cycles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
      return;
    }
    state.set(file, 'open');
    for (const edge of graph.get(file) ?? []) visit(edge.to!, [...path, file]);
    state.set(file, 'done');
  };
  for (const file of files) visit(file, []);
  assert.deepEqual(cycles, []);
});

test(`no source file is longer than ${MAX_LINES} lines`, () => {
  const long = files
    .map((file) => ({ file, lines: readFileSync(join(root, file), 'utf8').split('\n').length - 1 }))
    .filter(({ lines }) => lines > MAX_LINES);
  assert.deepEqual(long, []);
});

test("a file's name says what it holds", () => {
  const says =
    /(?:^|[-.])(?:pieces|parts|things|stuff|misc|common|utils?|helpers?|others?|wire|both|all)(?:[-.]routes)?\.ts$/;
  const wrong = globSync('packages/*/{src,test,bench,scripts}/**/*.ts', { cwd: root }).filter(
    (file) => says.test(file.split('/').at(-1)!) || /\b(?:other|both)-/.test(file),
  );
  assert.deepEqual(wrong, []);
});
