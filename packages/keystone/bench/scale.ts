/**
 * The same requests in a cloud of 10 users and in one of 100,000, with 10,000 projects and 1,000,000 assignments:
 * `node packages/keystone/bench/scale.ts [seconds] [request] [--json]`. Each cloud has a process of its own.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { run } from '@kumo/core/exec';
import { listen } from '@kumo/core/http';
import { freePort } from '../../core/src/testing/free-ports.ts';
import { ADMIN_PASSWORD, bootstrapFor, TestKeystone } from '../test/harness.ts';
import { pinToOneCore, type Rate, rateUnder } from './load.ts';
import { type CloudSize, LARGE, SEEDED, SMALL, seedCloud } from './scale-seed.ts';

interface Figure extends Rate {
  readonly title: string;
}

const WRITES_EVERY_MS = 50;
/** Of as many users, in both clouds. */
const TOKENS = 10;
const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' } } });
const [seconds = '4', only = '', size] = positionals;
if (size === undefined) await compare();
else await measureAll(size === 'large' ? LARGE : SMALL);

async function compare(): Promise<void> {
  const figures = async (which: string) => {
    const args = [...process.execArgv, import.meta.filename, seconds, only, which];
    const { stdout } = await run(process.execPath, args, { timeoutMs: 280_000 });
    return JSON.parse(stdout.slice(stdout.indexOf('[{'))) as Figure[];
  };
  const [small, large] = [await figures('small'), await figures('large')];
  if (values.json) {
    console.log(JSON.stringify(small.map((few, at) => ({ title: few.title, small: few, large: large[at] }))));
    return;
  }
  console.log('request | 10 users: req/s, p50, p99, CPU | 100,000 users: req/s, p50, p99, CPU | ratio of CPU');
  for (const [at, few] of small.entries()) {
    const many = large[at] as Figure;
    const cell = ({ perSecond, p50Ms, p99Ms, cpuUs, errors }: Figure) =>
      `${Math.round(perSecond)}, ${p50Ms} ms, ${p99Ms} ms, ${Math.round(cpuUs)} us ${errors}`;
    console.log(`${few.title} | ${cell(few)} | ${cell(many)} | ${(many.cpuUs / few.cpuUs).toFixed(2)}`);
  }
}

async function measureAll(wanted: CloudSize): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'kumo-keystone-scale-'));
  const path = join(dir, 'keystone.db');
  const options = { databaseUrl: `sqlite:${path}`, checkReplies: false };
  const empty = await TestKeystone.start(options);
  await empty.stop();
  const startedMs = performance.now();
  seedCloud(path, wanted);
  process.stderr.write(`${wanted.users} users: filled in ${Math.round(performance.now() - startedMs)} ms\n`);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const keystone = await TestKeystone.start({ ...options, bootstrap: bootstrapFor(url) });
  if (!keystone.daemon.app) throw new Error('Keystone has no HTTP side');
  await listen(keystone.daemon.app, { host: '127.0.0.1', port });
  await pinToOneCore();
  const figures: Figure[] = [];
  for (const one of await requests(keystone, url, wanted)) {
    if (!one.title.includes(only)) continue;
    figures.push(await measure(keystone, one, join(dir, 'load.lua')));
    process.stderr.write(`${JSON.stringify(figures.at(-1))}\n`);
  }
  await keystone.stop();
  rmSync(dir, { recursive: true });
  console.log(JSON.stringify(figures));
}

interface Load {
  readonly title: string;
  /** Lua; `request()` gives what is sent next. */
  readonly script: string;
  /** Default: as many as all loads have. */
  readonly connections?: number;
  /** Made again and again beside the load. */
  readonly write?: (keystone: TestKeystone, at: number) => Promise<unknown>;
}

async function requests(keystone: TestKeystone, url: string, wanted: CloudSize): Promise<Load[]> {
  const { admin } = keystone;
  const token = await logIn(keystone, SEEDED.user, SEEDED.project);
  const others = [token];
  for (let at = 2; at <= TOKENS; at += 1) others.push(await logIn(keystone, `user-${at}`));
  const get = (path: string, by = admin): string => script([{ path, headers: { 'X-Auth-Token': by } }]);
  const validate = (tokens: readonly string[]) =>
    script(
      tokens.map((one) => ({ path: '/v3/auth/tokens', headers: { 'X-Auth-Token': admin, 'X-Subject-Token': one } })),
    );
  const rescope = JSON.stringify({
    auth: { identity: { methods: ['token'], token: { id: token } }, scope: { project: { id: SEEDED.deepest } } },
  });
  const effective = `/v3/role_assignments?effective&user.id=${SEEDED.user}`;
  const role = (await keystone.expect(200, 'GET', '/v3/roles?name=reader')).roles[0].id;
  const grant = (_: TestKeystone, at: number) =>
    keystone.expect(204, 'PUT', `/v3/projects/${SEEDED.project}/users/user-${1 + (at % wanted.users)}/roles/${role}`);
  const flush = (_: TestKeystone, at: number) =>
    keystone.expect(200, 'PATCH', '/v3/domains/default', { body: { domain: { description: `${at}` } } });
  return [
    { title: 'validate', script: validate([token]) },
    { title: 'validate, tokens of 10 users in turn', script: validate(others) },
    { title: 'validate in turn, 20 grants/s beside', script: validate(others), write: grant },
    { title: 'validate in turn, 20 changes/s of what all are about', script: validate(others), write: flush },
    { title: 'rescope', script: script([{ path: '/v3/auth/tokens', headers: {}, body: rescope }]) },
    {
      title: 'rescope, 20 changes/s of what all are about',
      script: script([{ path: '/v3/auth/tokens', headers: {}, body: rescope }]),
      write: flush,
    },
    { title: 'projects, limit=100', script: get('/v3/projects?limit=100') },
    { title: 'projects of a domain with 100', script: get(`/v3/projects?domain_id=${SEEDED.hundred}`) },
    { title: 'users, limit=10', script: get('/v3/users?limit=10') },
    { title: 'users by name', script: get('/v3/users?name=user-7') },
    { title: 'auth/projects', script: get('/v3/auth/projects', token) },
    { title: 'role assignments of a user', script: get(`/v3/role_assignments?user.id=${SEEDED.user}`) },
    { title: 'role assignments, effective, of a user with 10 levels', script: get(effective) },
    { title: 'the same, one at a time', script: get(effective), connections: 1 },
    { title: 'effective on the deepest project', script: get(`${effective}&scope.project.id=${SEEDED.deepest}`) },
    {
      title: 'who may do what on a project, effective',
      script: get(`/v3/role_assignments?effective&scope.project.id=${SEEDED.deepest}`),
    },
  ].map((one) => ({ ...one, script: one.script.replaceAll('URL', url) }));
}

async function logIn(keystone: TestKeystone, name: string, project?: string): Promise<string> {
  return keystone.logIn(name, ADMIN_PASSWORD, project === undefined ? undefined : { project: { id: project } });
}

interface LuaRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A program for wrk that sends some requests in turn. */
function script(wanted: readonly LuaRequest[]): string {
  const lines = wanted.map(({ path, headers, body }) => {
    const all = body === undefined ? headers : { ...headers, 'Content-Type': 'application/json' };
    const table = Object.entries(all).map(([key, value]) => `["${key}"]="${value}"`);
    const method = body === undefined ? 'GET' : 'POST';
    return `  wrk.format("${method}", "${path}", {${table.join(',')}}, ${body === undefined ? 'nil' : `[[${body}]]`}),`;
  });
  const next = 'request = function() at = at % #list + 1; return list[at] end';
  return `init = function()\nlist = {\n${lines.join('\n')}\n}\nend\nat = 0\n${next}\n`;
}

async function measure(keystone: TestKeystone, load: Load, file: string): Promise<Figure> {
  const address = keystone.daemon.app?.server.address();
  if (!address || typeof address === 'string') throw new Error('Keystone does not listen');
  let at = 0;
  let writing: Promise<unknown> = Promise.resolve();
  const { write } = load;
  const timer =
    write &&
    setInterval(() => {
      at += 1;
      const next = at;
      writing = writing.then(() => write(keystone, next));
    }, WRITES_EVERY_MS);
  const rate = await rateUnder(load.script, {
    connections: load.connections,
    url: `http://127.0.0.1:${address.port}`,
    seconds: Number(seconds),
    path: file,
  });
  clearInterval(timer);
  await writing;
  return { title: load.title, ...rate };
}
