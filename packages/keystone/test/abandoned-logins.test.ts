/** Logins whose clients go away before their turn cost nothing, and hold up nobody. */
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { listen } from '@kumo/core/http';
import { renderPrometheus } from '@kumo/core/telemetry';
import { ADMIN_PASSWORD, passwordAuth, TestKeystone } from './harness.ts';

const ABANDONED = 120;
let keystone: TestKeystone;
let port = 0;
before(async () => {
  // One at a time, and slowly: what is left in the line shows.
  const passwords = { memoryKib: 65_536, passes: 3, concurrency: 1 };
  keystone = await TestKeystone.start({ config: { passwords } });
  port = Number(new URL(await listen(keystone.daemon.app!, { host: '127.0.0.1', port: 0 })).port);
});
after(() => keystone.stop());

async function turns(outcome: string): Promise<number> {
  return Number(
    new RegExp(`^keystone_password_turns_total\\{outcome="${outcome}"\\} (\\d+)`, 'm').exec(
      await renderPrometheus(),
    )?.[1] ?? 0,
  );
}

async function until(what: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (await what()) return;
    await sleep(10);
  }
  assert.fail('it did not come about within 5 s');
}

/** Sends a login and does not wait for its answer. */
function begin(password: string): Promise<Socket> {
  const body = JSON.stringify(passwordAuth('admin', password));
  const head = `POST /v3/auth/tokens HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(head + body, () => resolve(socket)));
    socket.on('error', reject);
  });
}

test('a good login does not wait for those whose clients went away', async () => {
  const [hashedBefore, abandonedBefore] = [await turns('done'), await turns('abandoned')];
  const sockets = await Promise.all(Array.from({ length: ABANDONED }, () => begin('wrong')));
  await until(async () => (await turns('done')) > hashedBefore);
  for (const socket of sockets) socket.destroy();
  await keystone.logIn('admin', ADMIN_PASSWORD, { project: 'admin' });
  const hashed = (await turns('done')) - hashedBefore;
  assert.ok(hashed < ABANDONED / 4, `${hashed} passwords were hashed`);
  await until(async () => (await turns('abandoned')) - abandonedBefore + hashed >= ABANDONED + 1);
  // What was dropped was no wrong login: the bound of one address is not reached by hanging up.
  await keystone.logIn('admin', ADMIN_PASSWORD, { project: 'admin' });
});
