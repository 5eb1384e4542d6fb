/** What was once wrong with clients and token filters on the wire, by the advisories' ids, on our own. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Type as T } from 'typebox';
import { client, ServiceTokenSource, socket, TokenValidator, type Transport } from '../../src/client/index.ts';
import { ConfigError, loadConfig } from '../../src/config/index.ts';
import { parseDatabaseUrl } from '../../src/db/url.ts';
import { KumoError } from '../../src/errors/index.ts';
import { run } from '../../src/exec/index.ts';
import { operation } from '../../src/http/index.ts';

const dir = mkdtempSync(join(tmpdir(), 'kumo-tls-'));
const file = (name: string) => join(dir, name);
const text = (name: string) => readFileSync(file(name), 'utf8');
const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
const HERE = 'subjectAltName=IP:127.0.0.1';

async function selfSigned(name: string, san = HERE): Promise<void> {
  const subject = ['-days', '2', '-subj', `/CN=${name}`, '-addext', san];
  await run('openssl', [
    'req',
    '-x509',
    ...EC,
    '-keyout',
    file(`${name}.key`),
    '-out',
    file(`${name}.pem`),
    ...subject,
  ]);
}

async function signed(name: string, { san = HERE, days = 2 }: { san?: string; days?: number } = {}): Promise<void> {
  const subject = ['-subj', `/CN=${name}`, '-addext', san];
  await run('openssl', ['req', '-new', ...EC, '-keyout', file(`${name}.key`), '-out', file(`${name}.csr`), ...subject]);
  // Its own number: all are made at a time, and with -CAcreateserial they share a file of the last one.
  const serial = ['-set_serial', `0x${randomBytes(16).toString('hex')}`];
  const authority = ['-CA', file('authority.pem'), '-CAkey', file('authority.key'), ...serial];
  const request = ['-req', '-in', file(`${name}.csr`), '-copy_extensions', 'copy', '-days', String(days)];
  await run('openssl', ['x509', ...request, ...authority, '-out', file(`${name}.pem`)]);
}

interface Peer {
  readonly url: string;
  /** The requests that reached it, with what they sent. */
  readonly heard: string[];
}
const servers: Server[] = [];

async function peer(certificate: string): Promise<Peer> {
  const heard: string[] = [];
  const server = createServer({ key: text(`${certificate}.key`), cert: text(`${certificate}.pem`) });
  server.on('request', (request, reply) => {
    heard.push(`${request.method} ${request.url} ${request.headers['x-auth-token']}`);
    reply.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, heard };
}

const download = operation({
  name: 'download',
  method: 'GET',
  path: '/v1/things/{id}',
  policy: 'none',
  stream: 'response',
});
const upload = operation({
  name: 'upload',
  method: 'PUT',
  path: '/v1/things/{id}',
  policy: 'none',
  stream: 'request',
  reply: T.Unknown(),
});

/** Both directions, as the clients of images and objects do it. */
async function transfer(transport: Transport): Promise<void> {
  const things = client({ download, upload }, transport, { from: 'test', to: 'store', token: async () => 'geheim' });
  try {
    await (await things.download({ params: { id: 'one' } })).toArray();
    await things.upload({ params: { id: 'one' }, body: Buffer.from('bytes') });
  } finally {
    await transport.close();
  }
}

const REFUSED = /certificate|CERT|altname/i;
let authority = '';
before(async () => {
  await selfSigned('authority');
  authority = text('authority.pem');
  await Promise.all([
    selfSigned('self-signed'),
    signed('good'),
    signed('expired', { days: -1 }),
    signed('other-host', { san: 'subjectAltName=IP:127.0.0.2,DNS:other.test' }),
  ]);
});
after(() => {
  for (const server of servers) server.closeAllConnections();
  for (const server of servers) server.close();
  rmSync(dir, { recursive: true });
});

/** A client of this certificate's server sends nothing, whatever authority it knows. */
async function refuses(certificate: string, known: readonly (string | undefined)[]): Promise<void> {
  const { url, heard } = await peer(certificate);
  const says = causedBy(REFUSED);
  const clear = (error: unknown) =>
    error instanceof KumoError && error.kind === 'unavailable' && !error.retryable && says(error);
  for (const ca of known) await assert.rejects(transfer(socket(url, { ca })), clear, certificate);
  assert.deepEqual(heard, [], 'neither the token nor bytes were sent');
}

function causedBy(wanted: RegExp) {
  return (error: unknown): boolean => {
    for (let at = error; at instanceof Error; at = at.cause)
      if (wanted.test(`${at.message} ${'code' in at ? at.code : ''}`)) return true;
    return false;
  };
}

test('OSSA-2014-005: a client of objects sends nothing to who is self-signed, expired or another host', async () => {
  await refuses('self-signed', [undefined, authority]);
  await refuses('expired', [undefined, authority]);
  await refuses('other-host', [undefined, authority]);
  const { url, heard } = await peer('good');
  await transfer(socket(url, { ca: authority }));
  assert.deepEqual(heard, ['GET /v1/things/one geheim', 'PUT /v1/things/one geheim']);
});

test('OSSA-2013-018: a client of images refuses an unknown authority and another host’s certificate', async () => {
  await refuses('good', [undefined, text('self-signed.pem')]);
  await refuses('other-host', [authority]);
  // It has no mode without checks: what others call so is no option of it, and Node's own is not heeded.
  const { url, heard } = await peer('good');
  const insecure = { insecure: true, rejectUnauthorized: false, verify: false };
  await assert.rejects(transfer(socket(url, insecure as object)), causedBy(REFUSED));
  assert.deepEqual(heard, []);
});

/** With Node's own switch, which any parent process may have set. */
async function withNodeSwitch(value: string, work: () => Promise<void>): Promise<void> {
  const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = value;
  try {
    await work();
  } finally {
    if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
  }
}

test('OSSA-2015-007: tokens are checked with no Keystone that cannot prove who it is, whatever a switch says', async () => {
  const { url, heard } = await peer('self-signed');
  for (const value of ['false', 'no', '0', 'False', ''])
    await withNodeSwitch(value, async () => {
      const transport = socket(url);
      const login = { username: 'swift', password: 'geheim', deadlineMs: 2_000 };
      const serviceToken = new ServiceTokenSource({ transport, from: 'swift', ...login });
      await assert.rejects(serviceToken.token(), causedBy(REFUSED), value);
      const held = { token: async () => 'service', invalidate: () => undefined };
      const validator = new TokenValidator({ transport, from: 'swift', serviceToken: held, deadlineMs: 2_000 });
      await assert.rejects(validator.validate('geheim'), causedBy(REFUSED), value);
      await transport.close();
    });
  assert.deepEqual(heard, []);
});

test('OSSA-2014-030: a switch is read as it is meant from file and environment, and what cannot be read stops the start', () => {
  const schema = T.Object({ insecure: T.Boolean({ default: false }) }, { additionalProperties: false });
  let count = 0;
  const read = (line: string, env = {}) => {
    const path = file(`settings-${count++}.yaml`);
    writeFileSync(path, line);
    return loadConfig(schema, { file: path, env }).insecure;
  };
  for (const no of ['false', 'False', 'FALSE']) {
    assert.equal(read(`insecure: ${no}`), false);
    assert.equal(read('', { KUMO_INSECURE: no }), false);
  }
  for (const unclear of ['no', '0', 'off', 'falsch', "'False'", "'true'", '1']) {
    assert.throws(() => read(`insecure: ${unclear}`), ConfigError, unclear);
    assert.throws(() => read('', { KUMO_INSECURE: unclear }), ConfigError, unclear);
  }
  const database = (query: string) => {
    const parsed = parseDatabaseUrl(`mysql://u:geheim@h/d${query}`, 'nova');
    return parsed.dialect === 'sqlite' ? undefined : parsed.server.tls;
  };
  assert.deepEqual([database('?tls=true'), database('?tls=false')], [{ rejectUnauthorized: true }, undefined]);
  const ca = `ca=${encodeURIComponent(file('authority.pem'))}`;
  assert.deepEqual(database(`?${ca}`), { rejectUnauthorized: true, ca: authority });
  for (const unclear of ['?tls=True', '?tls=1', '?tls=yes', '?tls=on', '?tls=', '?tls=verify', `?tls=false&${ca}`])
    assert.throws(() => database(unclear), /tls must be true/, unclear);
});

test('OSSA-2013-010: what checks tokens keeps no file, in /tmp or anywhere', async () => {
  const script = join(import.meta.dirname, 'advisories-files.ts');
  const { stdout } = await run(process.execPath, ['--permission', '--allow-fs-read=*', script]);
  assert.equal(stdout, 'u1,u1,u1');
});
