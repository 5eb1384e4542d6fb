/**
 * One of the clouds that `scale.ts` compares, in a process of its own on one core: fills itself as the first argument says
 * (`small` or `large`), tells the titles of its requests, and measures those it is asked for until it is left alone.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listen } from '@kumo/core/http';
import { freePort } from '../../core/src/testing/free-ports.ts';
import { ADMIN_PASSWORD, bootstrapFor, TestKeystone } from '../test/harness.ts';
import { pinToOneCore, type Rate, rateUnder } from './load.ts';
import { LARGE, SEEDED, SMALL, seedCloud } from './scale-seed.ts';

/** From here: first the titles, then a rate for each question, in their order. */
export type Told = { readonly titles: readonly string[] } | { readonly rate: Rate };

/** To here. */
export interface Asked {
  readonly title: string;
  readonly seconds: number;
}

const WRITES_EVERY_MS = 50;
/** Of as many users, in both clouds. */
const TOKENS = 10;

const wanted = process.argv[2] === 'large' ? LARGE : SMALL;
const dir = mkdtempSync(join(tmpdir(), 'kumo-keystone-scale-'));
const path = join(dir, 'keystone.db');
const options = { databaseUrl: `sqlite:${path}`, checkReplies: false };
const empty = await TestKeystone.start(options);
await empty.stop();
seedCloud(path, wanted);
const port = await freePort();
const url = `http://127.0.0.1:${port}`;
const keystone = await TestKeystone.start({ ...options, bootstrap: bootstrapFor(url) });
if (!keystone.daemon.app) throw new Error('Keystone has no HTTP side');
await listen(keystone.daemon.app, { host: '127.0.0.1', port });
await pinToOneCore();
const loads = await requests();

let working: Promise<unknown> = Promise.resolve();
process.on('message', ({ title, seconds }: Asked) => {
  working = working.then(async () => {
    const load = loads.find((one) => one.title === title);
    if (!load) throw new Error(`there is no request '${title}'`);
    tell({ rate: await measure(load, seconds) });
  });
});
process.once('disconnect', async () => {
  await working;
  await keystone.stop();
  rmSync(dir, { recursive: true });
});
tell({ titles: loads.map(({ title }) => title) });

function tell(message: Told): void {
  process.send?.(message);
}

interface Load {
  readonly title: string;
  /** Lua; `request()` gives what is sent next. */
  readonly script: string;
  /** Default: as many as all loads have. */
  readonly connections?: number;
  /** Made again and again beside the load. */
  readonly write?: (at: number) => Promise<unknown>;
}

async function requests(): Promise<Load[]> {
  const { admin } = keystone;
  const token = await logIn(SEEDED.user, SEEDED.project);
  const others = [token];
  for (let at = 2; at <= TOKENS; at += 1) others.push(await logIn(`user-${at}`));
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
  const grant = (at: number) =>
    keystone.expect(204, 'PUT', `/v3/projects/${SEEDED.project}/users/user-${1 + (at % wanted.users)}/roles/${role}`);
  const flush = (at: number) =>
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

function logIn(name: string, project?: string): Promise<string> {
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

async function measure(load: Load, seconds: number): Promise<Rate> {
  let at = 0;
  let writing: Promise<unknown> = Promise.resolve();
  const { write } = load;
  const timer =
    write &&
    setInterval(() => {
      at += 1;
      const next = at;
      writing = writing.then(() => write(next));
    }, WRITES_EVERY_MS);
  const file = join(dir, 'load.lua');
  const rate = await rateUnder(load.script, { connections: load.connections, url, seconds, path: file });
  clearInterval(timer);
  await writing;
  return rate;
}
