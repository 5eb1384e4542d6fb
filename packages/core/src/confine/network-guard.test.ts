import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { run } from '../exec/index.ts';
import { commandAs, guardTable, NetworkGuard } from './index.ts';

const needsRoot = process.getuid?.() === 0 ? false : 'needs root';

test('an id of the range reaches its peers and nothing else, not the loopback either; others are left alone', {
  skip: needsRoot,
}, async () => {
  // Of nobody's block, whatever runs on this host meanwhile.
  const bounds = { first: 0x7ffe_0000 - 100, count: 10 };
  const [a, b, outside] = [bounds.first, bounds.first + 1, bounds.first + bounds.count];
  await using one = await listening();
  await using two = await listening();
  await using stack = new AsyncDisposableStack();
  stack.defer(async () => {
    await NetworkGuard.remove(bounds, { from: 'test' });
    await NetworkGuard.remove(bounds, { from: 'test' });
    assert.ok(!(await run('nft', ['list', 'tables'])).stdout.includes(guardTable(bounds)));
  });
  const open = () =>
    NetworkGuard.open(bounds, { from: 'test', peers: new Map([[a, [{ host: '127.0.0.1', port: one.port }]]]) });
  await open();
  const guard = await open();
  const reached = async (id: number) => [await connects(id, one.port), await connects(id, two.port)];
  assert.deepEqual(await reached(a), [true, false]);
  assert.deepEqual(await reached(b), [false, false]);
  assert.deepEqual(await reached(outside), [true, true]);
  await guard.set(b, [{ host: 'localhost', port: two.port }]);
  assert.deepEqual(await reached(a), [true, false]);
  assert.deepEqual(await reached(b), [false, true]);
  // What failed is not taken for done, and does not stand in the way of others.
  const nowhere = [{ host: 'no-such-host.invalid', port: one.port }];
  for (let time = 0; time < 2; time++) await assert.rejects(guard.set(b, nowhere), /no-such-host/);
  await guard.set(a, []);
  assert.deepEqual(await reached(a), [false, false]);
  assert.deepEqual(await reached(b), [false, true]);
});

async function connects(id: number, port: number): Promise<boolean> {
  // Not with Node, which may lie where only root gets to.
  const program = 'exit(IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $ARGV[0], Timeout => 5) ? 0 : 1)';
  const perl = commandAs({ uid: id, gid: id }, 'perl', ['-MIO::Socket::INET', '-e', program, String(port)]);
  const { code } = await run(...perl, { okCodes: [0, 1] });
  return code === 0;
}

async function listening(): Promise<{ port: number } & AsyncDisposable> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(address && typeof address === 'object');
  return { port: address.port, [Symbol.asyncDispose]: async () => void server.close() };
}
