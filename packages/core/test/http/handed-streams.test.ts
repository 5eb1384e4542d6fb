/**
 * A stream that is handed to the client, or by it to a caller, has an owner on every path: nothing of it is open afterwards.
 * The bodies are streams of FileHandles, for which the collector ends the process when one is left.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { client, inProcess, socket, type Transport } from '../../src/client/index.ts';
import { closeApp, listen } from '../../src/http/index.ts';
import { openReadStream, owned } from '../../src/stream/index.ts';
import { untilNothingOpen } from '../../src/testing/open-files.ts';
import { until } from '../../src/testing/until.ts';
import { ended, exampleApp, operations } from './example-service.ts';

const directory = mkdtempSync(join(tmpdir(), 'kumo-streams-'));
const file = join(directory, 'data');
const app = exampleApp();
let url = '';
let nobody = '';

before(async () => {
  // More than the service takes (8 MiB), and than fits into any buffer on the way.
  writeFileSync(file, Buffer.alloc(32 << 20, 7));
  url = await listen(app, { host: '127.0.0.1', port: 0 });
  const squatter = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => squatter.once('listening', resolve));
  nobody = `http://127.0.0.1:${(squatter.address() as { port: number }).port}`;
  await new Promise((resolve) => squatter.close(resolve));
});
after(async () => {
  await closeApp(app, 500);
  rmSync(directory, { recursive: true });
});

/** On purpose what no part of Kumo may make. */
async function body(): Promise<Readable> {
  return (await open(file)).createReadStream();
}

const transports: Record<string, { there: () => Transport; away: () => Transport }> = {
  inProcess: { there: () => inProcess(() => app), away: () => inProcess(() => undefined) },
  socket: { there: () => socket(url), away: () => socket(nobody, { connectTimeoutMs: 200 }) },
};
for (const [name, { there, away }] of Object.entries(transports)) {
  describe(`streams over ${name}`, () => {
    const options = { from: 'cinder-volume', to: 'thing-api', token: async () => 'member' };
    let near: Transport;
    let far: Transport;
    before(() => {
      near = there();
      far = away();
    });
    after(() => Promise.all([near.close(), far.close()]));
    const things = () => client(operations, near, options);

    test('a body that the service refuses half-way', async () => {
      await assert.rejects(things().upload({ params: { id: 'x' }, body: await body() }));
      await untilNothingOpen(directory);
    });

    test('a body that the service refuses without reading it', async () => {
      await assert.rejects(things().upload({ params: { id: 'x' }, body: await body(), token: 'wrong' }), {
        kind: 'unauthorized',
      });
      await untilNothingOpen(directory);
    });

    test('a body whose call never begins', async () => {
      await assert.rejects(things().upload({ params: { id: '..' }, body: await body() }), { kind: 'badRequest' });
      const signal = AbortSignal.abort(new Error('enough'));
      await assert.rejects(things().upload({ params: { id: 'x' }, body: await body(), signal }), /enough/);
      const tokenless = client(operations, near, {
        ...options,
        token: () => Promise.reject(new Error('no token')),
      });
      await assert.rejects(tokenless.upload({ params: { id: 'x' }, body: await body() }), /no token/);
      await untilNothingOpen(directory);
    });

    test('a body for a service that cannot be reached', async () => {
      const things = client(operations, far, options);
      await assert.rejects(things.upload({ params: { id: 'x' }, body: await body() }), { kind: 'unavailable' });
      await untilNothingOpen(directory);
    });

    test('a body whose caller gives up', async () => {
      const caller = new AbortController();
      const data = await body();
      data.once('data', () => caller.abort(new Error('enough')));
      await assert.rejects(things().upload({ params: { id: 'x' }, body: data, signal: caller.signal }), /enough/);
      await untilNothingOpen(directory);
    });

    test('a body that fails, or is closed half-way, ends its call', async () => {
      const failing = await body();
      failing.once('data', () => failing.destroy(new Error('disk gone')));
      await assert.rejects(things().upload({ params: { id: 'x' }, body: failing }));
      const closed = await body();
      closed.once('data', () => closed.destroy());
      const begun = performance.now();
      await assert.rejects(things().upload({ params: { id: 'x' }, body: closed }));
      await assert.rejects(things().upload({ params: { id: 'x' }, body: closed }));
      assert.ok(performance.now() - begun < 5_000);
      await untilNothingOpen(directory);
    });

    test('a reply that its reader never begins', async () => {
      const before = ended.streams;
      {
        using _reply = owned(await things().endless());
      }
      await until(() => ended.streams === before + 1, 2_000);
    });

    test('a reply that fails when nobody reads it is nobody’s uncaught error', async () => {
      const before = ended.streams;
      const caller = new AbortController();
      const reply = await things().endless({ signal: caller.signal });
      caller.abort(new Error('enough'));
      await until(() => ended.streams === before + 1, 2_000);
      await assert.rejects(reply.toArray());
    });
  });
}

test('a file is streamed from where it is asked, without its name, and ends with its owner', async () => {
  const path = join(directory, 'short');
  writeFileSync(path, 'some bytes');
  {
    using part = owned(await openReadStream(path, { start: 5, end: 7 }));
    rmSync(path);
    assert.equal((await part.stream.toArray()).join(''), 'byt');
  }
  {
    using _unread = owned(await openReadStream(file));
  }
  await untilNothingOpen(directory);
  await assert.rejects(openReadStream(path), { code: 'ENOENT' });
  await assert.rejects(openReadStream(file, { signal: AbortSignal.abort() }), { name: 'AbortError' });
  await untilNothingOpen(directory);
});
