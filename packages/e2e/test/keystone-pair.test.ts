/** Two Keystones on one MariaDB behind HAProxy: either is killed under load, and what one revokes the other refuses. */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../src/eventually.ts';
import { KeystonePair, WRONG_SECRETS } from '../src/keystone-pair.ts';

const WORKERS = 12;
const REVOKED_WITHIN_MS = 5_000;

let pair: KeystonePair;
before(async () => {
  pair = await KeystonePair.start();
});
after(() => pair?.[Symbol.asyncDispose]());

interface Sent {
  readonly what: string;
  readonly startedMs: number;
  readonly endedMs: number;
  /** The status, or how it failed. */
  readonly end: number | string;
}

async function send(url: string, init: RequestInit & { what?: string } = {}): Promise<Sent & { answer?: Response }> {
  const startedMs = performance.now();
  const what = init.what ?? `${init.method ?? 'GET'} ${new URL(url).pathname}`;
  try {
    const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(30_000) });
    await answer.clone().arrayBuffer();
    return { what, startedMs, endedMs: performance.now(), end: answer.status, answer };
  } catch (error) {
    return { what, startedMs, endedMs: performance.now(), end: String((error as Error).cause ?? error) };
  }
}

async function logIn(base: string, user = 'admin', password = pair.adminPassword): Promise<string> {
  const domain = { id: 'default' };
  const auth = {
    identity: { methods: ['password'], password: { user: { name: user, domain, password } } },
    ...(user === 'admin' ? { scope: { project: { name: 'admin', domain } } } : {}),
  };
  const { end, answer } = await send(`${base}/v3/auth/tokens`, post({ auth }));
  assert.equal(end, 201);
  return answer?.headers.get('x-subject-token') as string;
}

function post(body: object, token?: string): RequestInit {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (token !== undefined) headers['x-auth-token'] = token;
  return { method: 'POST', headers, body: JSON.stringify(body) };
}

const validate = (base: string, admin: string, subject: string) =>
  send(`${base}/v3/auth/tokens`, { headers: { 'x-auth-token': admin, 'x-subject-token': subject } });

/** Reads, rescopes and writes until told to stop. */
async function worker(number: number, token: string, isOver: () => boolean, sent: Sent[]): Promise<void> {
  const headers = { 'x-auth-token': token };
  const rescope = { auth: { identity: { methods: ['token'], token: { id: token } } } };
  for (let turn = 0; !isOver(); turn++) {
    const requests: [string, RequestInit][] = [
      ['/v3/auth/tokens', { headers: { ...headers, 'x-subject-token': token } }],
      ['/v3/projects', { headers }],
      ['/v3/auth/tokens', post(rescope)],
      ['/v3/projects', post({ project: { name: `load-${number}-${turn}`, domain_id: 'default' } }, token)],
    ];
    const [path, init] = requests[turn % requests.length] as [string, RequestInit];
    const { answer: _, ...one } = await send(`${pair.url}${path}`, init);
    sent.push(one);
  }
}

async function killUnderLoad(index: 0 | 1): Promise<{ sent: Sent[]; killedMs: number; goneMs: number }> {
  const token = await logIn(pair.url);
  const sent: Sent[] = [];
  let over = false;
  const workers = Array.from({ length: WORKERS }, (_, number) =>
    worker(index * WORKERS + number, token, () => over, sent),
  );
  await sleep(2_000);
  const killedMs = performance.now();
  await pair.killNode(index);
  const goneMs = performance.now();
  await sleep(3_000);
  over = true;
  await Promise.all(workers);
  return { sent, killedMs, goneMs };
}

test('a token of either is valid at the other', async () => {
  const [first, second] = pair.nodeUrls;
  const [one, two] = [await logIn(first), await logIn(second)];
  assert.equal((await validate(first, one, two)).end, 200);
  assert.equal((await validate(second, two, one)).end, 200);
});

test('what one revokes or disables, the other refuses within 5 s', async () => {
  const [first, second] = pair.nodeUrls;
  const admin = await logIn(second);
  const victim = await logIn(first);
  assert.equal((await validate(second, admin, victim)).end, 200);
  await send(`${first}/v3/auth/tokens`, {
    method: 'DELETE',
    headers: { 'x-auth-token': victim, 'x-subject-token': victim },
  });
  await eventually(
    'the other to refuse it',
    async () => (await validate(second, admin, victim)).end === 404 || undefined,
    {
      timeoutMs: REVOKED_WITHIN_MS,
    },
  );

  const user = { name: 'pair-user', domain_id: 'default', password: 'secret' };
  const made = await send(`${first}/v3/users`, post({ user }, admin));
  assert.equal(made.end, 201);
  assert.ok(made.answer);
  const { id } = ((await made.answer.json()) as { user: { id: string } }).user;
  const theirs = await logIn(second, 'pair-user', 'secret');
  assert.equal((await validate(second, admin, theirs)).end, 200);
  const disabled = await send(`${first}/v3/users/${id}`, {
    method: 'PATCH',
    headers: { 'x-auth-token': admin, 'content-type': 'application/json' },
    body: JSON.stringify({ user: { enabled: false } }),
  });
  assert.equal(disabled.end, 200);
  await eventually(
    'the other to refuse them',
    async () => (await validate(second, admin, theirs)).end === 404 || undefined,
    {
      timeoutMs: REVOKED_WITHIN_MS,
    },
  );
});

for (const index of [0, 1] as const) {
  test(`Keystone ${index} killed under load: no request fails but those in flight`, async (t) => {
    const { sent, killedMs, goneMs } = await killUnderLoad(index);
    await pair.startNode(index);
    // HAProxy takes it up again after two good checks.
    await sleep(2_500);
    const failed = sent.filter(({ end }) => typeof end === 'string' || end >= 300);
    const inFlight = sent.filter(({ startedMs, endedMs }) => startedMs <= goneMs && endedMs >= killedMs);
    t.diagnostic(`${sent.length} requests, ${inFlight.length} in flight at the kill, ${failed.length} failed`);
    const innocent = failed.filter((one) => !inFlight.includes(one));
    assert.deepEqual(innocent.slice(0, 5), [], `${innocent.length} failed that were not in flight`);
    assert.ok(sent.filter(({ startedMs }) => startedMs < killedMs).length > 100, 'there was load before');
    assert.ok(sent.filter(({ startedMs }) => startedMs > goneMs).length > 100, 'and after');
    // A worker has one request in flight at a time.
    assert.ok(failed.length <= WORKERS, `${failed.length} failed`);
  });
}

/** The status of a login from one of the addresses of the loopback, through the balancer. */
function logInFrom(localAddress: string, name: string, password: string): Promise<number> {
  const user = { name, domain: { id: 'default' }, password };
  const body = JSON.stringify({ auth: { identity: { methods: ['password'], password: { user } } } });
  const headers = { 'content-type': 'application/json', 'content-length': body.length };
  return new Promise((resolve, reject) => {
    const asked = request(
      `${pair.url}/v3/auth/tokens`,
      { method: 'POST', localAddress, headers, agent: false },
      (reply) => {
        reply.resume();
        reply.on('end', () => resolve(reply.statusCode ?? 0));
      },
    );
    asked.on('error', reject);
    asked.end(body);
  });
}

test('wrong passwords are counted together, and keep out the address that sent them alone', async () => {
  const admin = await logIn(pair.url);
  const made = await send(`${pair.url}/v3/users`, post({ user: { name: 'guessed-at', password: 'right' } }, admin));
  assert.equal(made.end, 201);
  const guesses = await Promise.all(
    Array.from({ length: 2 * WRONG_SECRETS }, () => logInFrom('127.0.0.2', 'guessed-at', 'wrong')),
  );
  assert.deepEqual(new Set(guesses), new Set([401]));
  for (let turn = 0; turn < 4; turn++) assert.equal(await logInFrom('127.0.0.2', 'guessed-at', 'right'), 401);
  for (let turn = 0; turn < 4; turn++) assert.equal(await logInFrom('127.0.0.3', 'guessed-at', 'right'), 201);
});
