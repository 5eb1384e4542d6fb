import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { connect, type SecureVersion } from 'node:tls';
import { client, socket } from '../../src/client/index.ts';
import { mysqlPool } from '../../src/db/mysql-engine.ts';
import { postgresPool } from '../../src/db/postgres-engine.ts';
import { parseDatabaseUrl, type ServerUrl } from '../../src/db/url.ts';
import { closeApp, listen } from '../../src/http/index.ts';
import { silentLogger } from '../../src/log/index.ts';
import { rabbitBus } from '../../src/rpc/index.ts';
import { makeCertificate } from '../../src/testing/certificate.ts';
import { GOOD_SUITES, helloOf, type PrefaceStep } from '../../src/testing/client-hello.ts';
import { exampleApp, whoAmI } from '../http/example-service.ts';

interface Said {
  readonly ok: boolean;
  readonly text: string;
}

/** `openssl s_client`, which is told what to offer; it says one line and goes. */
function sClient(port: string, args: readonly string[], say = 'Q\n'): Promise<Said> {
  return new Promise((resolve) => {
    const all = ['s_client', '-connect', `127.0.0.1:${port}`, ...args];
    const child = execFile('openssl', all, { timeout: 10_000 }, (error, stdout, stderr) =>
      resolve({ ok: !error && !/Cipher is \(NONE\)/.test(stdout), text: stdout + stderr }),
    );
    child.stdin?.end(say);
  });
}

/** The listener itself said no: not a client that could not offer it, nor a connection that broke. */
const REFUSED = /SSL alert number (40|70)\b/;

for (const kind of ['ec', 'rsa'] as const)
  describe(`a listener with a certificate of ${kind}`, { concurrency: true }, () => {
    const tls = makeCertificate(kind);
    const app = exampleApp();
    const opened = listen(app, { host: '127.0.0.1', port: 0, tls }).then((url) => new URL(url).port);
    const ask = async (args: readonly string[], say?: string) => sClient(await opened, args, say);

    test('speaks TLS 1.2 and 1.3, with ephemeral keys and authenticated encryption', async () => {
      const [older, newer] = await Promise.all([ask(['-tls1_2']), ask(['-tls1_3'])]);
      assert.match(older.text, /Cipher is ECDHE-(ECDSA|RSA)-(AES256-GCM-SHA384|CHACHA20-POLY1305|AES128-GCM-SHA256)/);
      assert.match(newer.text, /Cipher is TLS_(AES_256_GCM|CHACHA20_POLY1305|AES_128_GCM)_SHA/);
    });

    for (const version of ['-tls1', '-tls1_1'])
      test(`does not speak ${version}`, async () => {
        const said = await ask([version, '-cipher', 'ALL:@SECLEVEL=0']);
        assert.equal(said.ok, false);
        assert.match(said.text, REFUSED);
      });

    for (const weak of ['kRSA', 'kDHE', 'AES128-SHA', 'SHA1', 'AESCCM', 'CAMELLIA', 'ARIA', 'aNULL', 'eNULL', 'PSK'])
      test(`takes no suite of ${weak}`, async () => {
        const strong = 'ECDHE+AESGCM:ECDHE+CHACHA20';
        const offered = ['-psk', '1a2b', '-cipher', `${weak}:!${strong.replace(':', ':!')}:@SECLEVEL=0`];
        const said = await ask(['-tls1_2', ...offered]);
        assert.equal(said.ok, false, said.text);
        assert.match(said.text, REFUSED);
      });

    for (const group of ['ffdhe2048', 'P-521', 'X448'])
      test(`takes no key of ${group}`, async () => {
        const said = await ask(['-groups', group]);
        assert.equal(said.ok, false);
        assert.match(said.text, REFUSED);
      });

    for (const group of ['X25519', 'P-256', 'P-384'])
      test(`takes a key of ${group}`, async () => assert.equal((await ask(['-groups', group])).ok, true));

    test('does not negotiate anew', async () => {
      const said = await ask(['-tls1_2'], 'R\nQ\n');
      assert.match(said.text, /RENEGOTIATING[\s\S]*(?:no renegotiation|unexpected)/i);
    });

    test('serves; and closes', async () => {
      const secure = connect({ port: Number(await opened), host: '127.0.0.1', ca: tls.cert });
      await new Promise((done) => secure.once('secureConnect', done));
      assert.equal(secure.getProtocol(), 'TLSv1.3' satisfies SecureVersion);
      secure.destroy();
    });

    after(() => closeApp(app, 100));
  });

const PLAIN: readonly PrefaceStep[] = [];
/** PostgreSQL: the client asks for TLS, the server agrees. */
const POSTGRES: readonly PrefaceStep[] = [{ awaits: 8, say: Buffer.from('S') }];
/** MySQL: the server's greeting says that it speaks TLS, the client asks for it. */
const MYSQL: readonly PrefaceStep[] = [
  { awaits: 0, say: mysqlGreeting() },
  { awaits: 36, say: Buffer.alloc(0) },
];

function mysqlGreeting(): Buffer {
  const payload = Buffer.concat([
    Buffer.from('\x0a8.0.0\0', 'latin1'),
    Buffer.from([1, 0, 0, 0]),
    Buffer.from('12345678\0', 'latin1'),
    Buffer.from([0x01, 0x8a, 45, 2, 0, 0x08, 0x00, 21]),
    Buffer.alloc(10),
    Buffer.from('123456789012\0mysql_native_password\0', 'latin1'),
  ]);
  return Buffer.concat([Buffer.from([payload.length, 0, 0, 0]), payload]);
}

function server(url: string): ServerUrl {
  const parsed = parseDatabaseUrl(url, 'test');
  if (parsed.dialect === 'sqlite') throw new Error('not a server');
  return parsed.server;
}

/** What the dialling began, which would go on trying. */
const closers: (() => Promise<unknown>)[] = [];
after(() => Promise.all(closers.map((close) => close())));

const options = { service: 'test', readonly: false, onIdleError: () => undefined };
for (const [name, preface, dial] of [
  [
    'another service',
    PLAIN,
    (port: number) =>
      client({ whoAmI }, socket(`https://127.0.0.1:${port}`), {
        from: 'test',
        to: 'thing-api',
        token: async () => 'x',
      }).whoAmI({ deadlineMs: 2_000 }),
  ],
  [
    'PostgreSQL',
    POSTGRES,
    async (port: number) => {
      const pool = await postgresPool(server(`postgres://u:p@127.0.0.1:${port}/d?tls=true`), options);
      closers.push(() => pool.close());
      await pool.connect();
    },
  ],
  [
    'MariaDB',
    MYSQL,
    async (port: number) => {
      const pool = await mysqlPool(server(`mysql://u:p@127.0.0.1:${port}/d?tls=true`), options);
      closers.push(() => pool.close());
      await pool.connect();
    },
  ],
  [
    'RabbitMQ',
    PLAIN,
    async (port: number) => {
      const bus = await rabbitBus({ url: `amqps://u:p@127.0.0.1:${port}`, log: silentLogger });
      closers.push(() => bus.close());
    },
  ],
] as const)
  test(`to ${name} nothing less is offered`, { timeout: 10_000 }, async () => {
    const { suites, versions } = await helloOf(dial, preface);
    assert.deepEqual(
      suites.filter((suite) => !GOOD_SUITES.has(suite)).map((suite) => suite.toString(16)),
      [],
    );
    assert.ok(suites.length >= 6);
    assert.deepEqual([...versions].sort(), [0x0303, 0x0304]);
  });

test('whatever speaks TLS keeps to the floor', () => {
  const packages = join(import.meta.dirname, '..', '..', '..');
  const speaks =
    /rejectUnauthorized|createSecureContext|createTlsServer\(|connectTls\(|\bssl:|new OTLPTraceExporter|new Pool\(origin/;
  // Given the options by those who have them from the floor.
  const handedOn = [
    'keystone/src/drivers/identity/ldap/ldap-connection.ts',
    'core/src/db/url.ts',
    'core/src/tls/index.ts',
  ];
  const speaking = globSync('*/src/**/*.ts', { cwd: packages })
    .filter((file) => !file.includes('.test.') && !file.includes('/testing/') && !handedOn.includes(file))
    .map((file) => ({ file, text: readFileSync(join(packages, file), 'utf8') }))
    .filter(({ text }) => speaks.test(text));
  const without = speaking.filter(({ text }) => !/\b(TLS_FLOOR|serverTls)\b/.test(text));
  assert.deepEqual(
    without.map(({ file }) => file),
    [],
  );
  assert.ok(speaking.length >= 5, 'listeners, clients, databases');
});
