/** `kumo policy show` and `explain`, with tokens of a listening Keystone. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { run } from '@kumo/core/exec';
import { listen } from '@kumo/core/http';
import { freePort } from '../../core/src/testing/free-ports.ts';
import { DEMO_PASSWORD, TestKeystone } from '../../keystone/test/harness.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'kumo-policy-commands-'));
const config = join(dir, 'kumo.yaml');
const overrides = join(dir, 'policy.yaml');
const tokenFile = join(dir, 'token');
let keystone: TestKeystone;

before(async () => {
  keystone = await TestKeystone.start();
  const port = await freePort();
  await listen(keystone.daemon.app!, { host: '127.0.0.1', port });
  writeFileSync(
    config,
    JSON.stringify({
      stateDir: join(dir, 'state'),
      peers: { keystone: `http://127.0.0.1:${port}` },
      keystone: { policyFile: overrides },
    }),
  );
  writeFileSync(overrides, '"identity:list_services": "role:nobody"\nidentity:list_servces: "@"\n');
});
after(async () => {
  await keystone.stop();
  rmSync(dir, { recursive: true, force: true });
});

function kumo(args: string[], input?: string) {
  const words = ['--no-maglev', '--disable-warning=ExperimentalWarning', MAIN, '--config', config, ...args];
  return run(process.execPath, words, { input, timeoutMs: 60_000, okCodes: [0, 1, 2] });
}

test('show marks what a file replaced, and what names no rule', async () => {
  const { stdout } = await kumo(['policy', 'show', 'identity', '--json']);
  const rules = new Map(
    (
      JSON.parse(stdout) as {
        rule: string;
        source: string;
        file: string;
        default: string;
        unused: boolean;
        operations: string[];
      }[]
    ).map((one) => [one.rule, one]),
  );
  const replaced = rules.get('identity:list_services');
  assert.deepEqual([replaced?.source, replaced?.file, replaced?.unused], ['file', overrides, false]);
  assert.match(replaced?.default ?? '', /rule:admin_required/);
  assert.deepEqual(replaced?.operations, ['GET /v3/services']);
  assert.equal(rules.get('identity:list_servces')?.unused, true);
  assert.equal(rules.get('identity:list_users')?.source, 'default');
  const human = await kumo(['policy', 'show', 'keystone']);
  assert.match(
    human.stdout,
    /^\* identity:list_services {2}\[system, project\]\n {6}role:nobody\n {6}\* from .*policy\.yaml; default: /m,
  );
  assert.equal((await kumo(['policy', 'show', 'nosuch'])).code, 2);
});

test('explain says which checks hold, by what the token and the target are', async () => {
  const demo = await keystone.logIn('demo', DEMO_PASSWORD, { project: 'demo' });
  writeFileSync(tokenFile, `${demo}\n`, { mode: 0o600 });
  const ask = (...args: string[]) =>
    kumo(['policy', 'explain', '--service', 'keystone', '--token-file', tokenFile, ...args]);
  const denied = await ask('--operation', 'GET /v3/users');
  assert.equal(denied.code, 1);
  assert.match(denied.stdout, /^DENIED: identity:list_users \(listUsers, GET \/v3\/users\)/);
  assert.match(denied.stdout, /no {2}role:admin {2}\(the token's roles are member, reader\)/);
  assert.match(denied.stdout, /the target has no target\.domain_id/);
  assert.doesNotMatch(denied.stdout + denied.stderr, /gAAAA/, 'the token is not shown');
  const { body } = await keystone.call('GET', '/v3/auth/tokens', { token: demo, headers: { 'x-subject-token': demo } });
  const own = await ask('--operation', 'showUser', '--target', `target.user.id=${body.token.user.id}`, '--json');
  assert.equal(own.code, 0, own.stdout + own.stderr);
  const why = JSON.parse(own.stdout);
  assert.deepEqual(
    [why.allowed, why.rule, why.source, why.token.userName],
    [true, 'identity:get_user', 'default', 'demo'],
  );
  const byFile = await ask('--rule', 'identity:list_services');
  assert.equal(byFile.code, 1);
  assert.match(byFile.stdout, /rule {4}from .*policy\.yaml/);
});

test('a scope that does not fit is told apart from checks; tokens come from standard input as well', async () => {
  const domain = await keystone.logIn('admin', 'admin-secret', { domain: { id: 'default' } });
  const { stdout, code } = await kumo(
    ['policy', 'explain', '--service', 'keystone', '--rule', 'identity:create_region', '--token-file', '-'],
    domain,
  );
  assert.equal(code, 1);
  assert.match(stdout, /scope {3}domain; the rule takes system, project: DOES NOT FIT/);
  assert.match(stdout, /yes role:admin/);
});

test('what is wrong with the question is said, without a stack', async () => {
  writeFileSync(tokenFile, 'gAAAAABnothing');
  const ask = (...args: string[]) =>
    kumo(['policy', 'explain', '--service', 'keystone', '--token-file', tokenFile, ...args]);
  for (const [args, says] of [
    [['--operation', 'listUsers'], /Keystone refuses this token/],
    [['--operation', 'listUser'], /no operation is called listUser: .*listUsers/],
    [[], /name what is to be explained/],
    [['--rule', 'identity:nosuch'], /refuses this token|has no rule/],
  ] as const) {
    const { code, stderr } = await ask(...args);
    assert.equal(code, 2, stderr);
    assert.match(stderr, says);
    assert.doesNotMatch(stderr, /at .*\.ts/);
  }
});
