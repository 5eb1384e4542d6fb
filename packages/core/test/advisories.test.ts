/** What was once wrong in OpenStack's common libraries, by the advisories' ids, on core's own. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Type as T } from 'typebox';
import { DriverError } from '../src/errors/index.ts';
import { run } from '../src/exec/index.ts';
import { createApp, implement, novaEnvelope, operation } from '../src/http/index.ts';
import { createLogger, type Logger, maskArguments, maskSecrets } from '../src/log/index.ts';
import { logNotifier, osloEnvelope } from '../src/notify/index.ts';
import { PolicySet } from '../src/policy/index.ts';
import { advisoryCoverage } from '../src/testing/advisories.ts';

const SECRET = 'geheim-7';
const dir = mkdtempSync(join(tmpdir(), 'kumo-advisories-'));
after(() => rmSync(dir, { recursive: true }));

/** The log of some work, whole and by line; it ends with a line of its own. */
async function logged(work: (log: Logger) => unknown) {
  const file = join(dir, `${crypto.randomUUID()}.log`);
  const log = createLogger({ service: 'test', level: 'trace', file });
  await work(log);
  log.info('the end');
  let text = '';
  while (!text.includes('the end')) {
    await sleep(10);
    log.flush();
    text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  }
  return {
    text,
    lines: text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  };
}

const showThing = operation({
  name: 'showThing',
  method: 'GET',
  path: '/v2/things/{id}',
  policy: 'none',
  reply: T.Unknown(),
});

test('OSSA-2021-006: ten thousand paths that are none are 404 and leave nothing behind', async () => {
  const script = join(import.meta.dirname, 'advisories-unknown-paths.ts');
  const { stdout } = await run(process.execPath, ['--expose-gc', script], { timeoutMs: 60_000 });
  const { grownBytes, series } = JSON.parse(stdout);
  assert.deepEqual(series, ['requests_total{operation="none",status="404"} 13000']);
  assert.ok(grownBytes < 1 << 20, `${grownBytes} bytes for 10,000 paths`);
});

test('OSSA-2017-001: what goes wrong is logged by method, path and request id, without the secrets of the request', async () => {
  const headers = {
    'x-auth-token': SECRET,
    'x-service-token': SECRET,
    'X-Subject-Token': SECRET,
    'X-Auth-Key': SECRET,
    authorization: `Bearer ${SECRET}`,
    cookie: `session=${SECRET}`,
    'openstack-auth-receipt': SECRET,
  };
  let requestId: unknown;
  const { text, lines } = await logged(async (log) => {
    const app = createApp({
      service: 'test',
      routes: [
        implement(showThing, ({ request }) => {
          // As libraries do it: with all that they know hanging on the error, and some of it in its text.
          const cause = Object.assign(new Error(`no answer to {"X-Auth-Token": "${SECRET}"}`), {
            config: { request: { headers: { ...headers } }, rawHeaders: Object.entries(headers).flat() },
          });
          throw Object.assign(new Error(`failed: ${request.method}`, { cause }), { options: { headers } });
        }),
      ],
      envelope: novaEnvelope,
      tokens: null,
      policies: new PolicySet([]),
      log,
    });
    const answer = await app.inject({ method: 'GET', url: `/v2/things/one?password=${SECRET}`, headers });
    assert.equal(answer.statusCode, 500);
    requestId = answer.headers['x-openstack-request-id'];
    assert.ok(!answer.body.includes(SECRET));
    assert.ok(!answer.body.includes('no answer'), 'nor does the client see what happened');
    await app.close();
  });
  const [line] = lines;
  assert.deepEqual(
    [line.method, line.path, line.requestId, line.status, line.level],
    ['GET', '/v2/things/one', requestId, 500, 50],
  );
  assert.match(line.err.stack, /failed: GET/);
  assert.ok(!text.includes(SECRET), text);
});

const SPELLINGS = [
  `{"adminPass": "${SECRET}", "user": "x"}`,
  `{"os_password":"${SECRET} with \\"quotes\\" in it"}`,
  `{'password': u'${SECRET}', 'user': 'x'}`,
  `<adminPass>${SECRET}</adminPass>`,
  `<ns:auth_password xmlns="x">${SECRET}</ns:auth_password>`,
  `<user name="x" password="${SECRET}"/>`,
  `mysql://nova:${SECRET}@db/nova`,
  `amqp://nova:${SECRET}@with@signs@mq:5672/`,
  `GET /x?user=x&password=${SECRET}&y=z`,
  `mount --os-password ${SECRET} -v`,
  `mount --password '${SECRET} and more' -v`,
  `mount --db-passwd=${SECRET} -v`,
  `password = ${SECRET}`,
  `client_secret="${SECRET} and more"`,
  `X-Auth-Token: ${SECRET}`,
  `private_key: '${SECRET}'`,
];

test('OSSA-2014-036: secrets are masked in every form, in the log and in the errors of programs', async () => {
  for (const spelling of SPELLINGS) {
    assert.ok(!maskSecrets(spelling).includes(SECRET), maskSecrets(spelling));
    // The more often a text was put into another one, the more backslashes it has.
    let text = spelling;
    for (let depth = 0; depth < 3; depth++) {
      text = JSON.stringify({ body: text, user: 'x' });
      const masked = maskSecrets(text);
      assert.ok(!masked.includes(SECRET), masked);
      assert.deepEqual(Object.keys(JSON.parse(masked)), ['body', 'user'], masked);
    }
  }
  const { text, lines } = await logged((log) => {
    for (const spelling of SPELLINGS) {
      log.info(spelling);
      log.debug({ body: spelling, deep: { in: { this: { object: { password: SECRET } } } } });
      log.error(new Error(spelling));
    }
    const error = Object.assign(new Error('with a token'), { token: { id: SECRET } });
    log.error(error);
    log.error({ cause: error }, 'with an error that is not the line’s own');
    log
      .child({ user_data: SECRET })
      .child({ deep: { token: { id: SECRET } } })
      .info('with what children say');
  });
  assert.equal(lines.length, 3 * SPELLINGS.length + 4);
  assert.ok(!text.includes(SECRET), text);
  assert.match(text, /mysql:\/\/nova:\*\*\*@db\/nova/, 'the rest can be read');

  const args = ['-c', 'for text; do echo "$text"; done >&2; exit 3', 'sh', ...SPELLINGS, '--password', `${SECRET} x`];
  const error = await run('sh', args).catch((reason: unknown) => reason);
  assert.ok(error instanceof DriverError);
  assert.match(error.message, /exit code 3/);
  const { stack, cmd, ...more } = error.cause as Error & { cmd: string };
  const told = [error.message, error.stack, stack, cmd, (error.cause as Error).message, JSON.stringify(more)];
  assert.ok(!told.some((one) => one?.includes(SECRET)), told.join('\n'));
  assert.deepEqual(maskArguments(['--password', SECRET, '--user=x', `--db-password=${SECRET} x`]), [
    '--password',
    '***',
    '--user=x',
    '--db-password=***',
  ]);
});

test('what names no secret stays as it is, and nothing takes long', () => {
  for (const text of [
    '{"path":"/v3/auth/tokens","operation":"issueToken","tokens":3}',
    'Could not find token: it has expired',
    '["password","totp"]',
    'http://keystone:5000/v3/users/a@b',
    'POST 201',
  ])
    assert.equal(maskSecrets(text), text);
  for (const part of [
    'a-',
    'password',
    'password:',
    'password="',
    '<password ',
    '\\"',
    '://a:',
    'x-',
    '-',
    'secret=\\',
  ])
    for (const end of ['', 'password="x"', '--password x']) {
      const startedAt = performance.now();
      maskSecrets(part.repeat(8_000) + end);
      assert.ok(performance.now() - startedAt < 500, `${part} took ${performance.now() - startedAt} ms`);
    }
});

test('OSSA-2014-021: a notification that is made of a request holds none of its secrets', async () => {
  const names = ['X-Auth-Token', 'x_auth_token', 'HTTP_X_AUTH_TOKEN', 'X-Service-Token', 'HTTP_X_SERVICE_TOKEN'];
  const spellings = [...names, 'x-subject-token', 'Cookie', 'HTTP_COOKIE', 'Authorization', 'HTTP_AUTHORIZATION'];
  const headers = Object.fromEntries(spellings.map((name) => [name, SECRET]));
  const payload = { request: { method: 'POST', headers, rawHeaders: Object.entries(headers).flat() }, user_id: 'u1' };
  const notification = { eventType: 'http.request', publisherId: 'test', priority: 'info', payload } as const;
  const sent = JSON.parse(osloEnvelope(notification).toString());
  const message = JSON.parse(sent['oslo.message']);
  assert.equal(message.payload.user_id, 'u1');
  assert.deepEqual(new Set(Object.values(message.payload.request.headers)), new Set(['***']));
  const { text } = await logged((log) => logNotifier(log).notify(notification));
  for (const one of [JSON.stringify(sent), text]) assert.ok(!one.includes(SECRET), one);
});

test('every advisory about clients, common libraries and the checking of tokens has a test of its name', () => {
  const folders = [join(import.meta.dirname, '..'), join(import.meta.dirname, '../../openstack/test')];
  const services = ['shared', 'clients', 'keystonemiddleware'];
  assert.deepEqual(advisoryCoverage({ services, folders }), { missing: [], pending: [] });
});

test('a missing test, one that is but to be done, and one in a suite that nobody runs are noticed', () => {
  const folder = join(dir, 'package');
  mkdirSync(folder);
  const services = ['placement', 'keystonemiddleware'];
  const coverage = () => advisoryCoverage({ services, folders: [folder] });
  const { missing: all } = coverage();
  assert.ok(all.length >= 9 && all.includes('OSSA-2014-007'), all.join());
  const named = (id: string, rest: string) => `  test(\n    \`${id}: what happens (\${engine})\`, ${rest}\n  );\n`;
  writeFileSync(join(folder, 'one.test.ts'), named('OSSA-2014-007', 'async () => {'));
  writeFileSync(join(folder, 'two-suite.ts'), named('OSSA-2026-001', 'async () => {'));
  writeFileSync(join(folder, 'to-do.test.ts'), named('OSSA-2013-014', "{ todo: 'not served' }"));
  const without = (...ids: string[]) => all.filter((id) => !ids.includes(id));
  assert.deepEqual(coverage(), { missing: without('OSSA-2014-007', 'OSSA-2013-014'), pending: ['OSSA-2013-014'] });
  writeFileSync(join(folder, 'two.test.ts'), "import { twoSuite } from './two-suite.ts';\n");
  const left = without('OSSA-2014-007', 'OSSA-2013-014', 'OSSA-2026-001');
  assert.deepEqual(coverage(), { missing: left, pending: ['OSSA-2013-014'] });
});
