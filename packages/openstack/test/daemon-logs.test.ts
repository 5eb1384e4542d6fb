/** Where the lines of the daemons of one process go. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger } from '@kumo/core/log';
import { cast, inProcessBus, rpc } from '@kumo/core/rpc';
import { Type as T } from 'typebox';
import { environmentFor } from '../src/cloud/environment.ts';
import { readConfig } from '../src/config/read-config.ts';
import { openSecrets } from '../src/config/secrets.ts';

test("what a daemon's handlers fail with is in its own log, not in the process's", async () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'kumo-daemon-logs-'));
  try {
    const file = join(stateDir, 'kumo.yaml');
    writeFileSync(file, JSON.stringify({ stateDir }));
    const config = readConfig(file);
    const logOf = (name: string) => join(stateDir, 'log', `${name}.log`);
    const log = createLogger({ service: 'kumo', file: logOf('kumo') });
    const bus = inProcessBus({ log });
    const shared = { config, secrets: openSecrets(stateDir, {}), bus, log, apps: new Map(), runsHere: () => true };
    const topic = rpc('logs', '1.0', { fail: cast(T.Object({})) });
    for (const daemon of ['nova-compute', 'nova-conductor']) {
      const env = environmentFor(daemon, 'nova', shared);
      await env.bus.serve(
        topic,
        { server: daemon, name: daemon },
        {
          fail: async () => {
            throw new Error(`${daemon} failed`);
          },
        },
      );
    }
    const client = bus.client(topic, { from: 'test' });
    for (const server of ['nova-compute', 'nova-conductor']) await client.fail({}, { server });
    const linesOf = (name: string) => (existsSync(logOf(name)) ? readFileSync(logOf(name), 'utf8') : '');
    for (const name of ['nova-compute', 'nova-conductor']) {
      for (let waited = 0; !linesOf(name).includes(`${name} failed`); waited += 20) {
        assert.ok(waited < 10_000, `${name}.log: ${linesOf(name)}`);
        await sleep(20);
      }
      assert.match(linesOf(name), new RegExp(`"service":"${name}"`));
    }
    await bus.close();
    assert.equal(linesOf('kumo'), '');
  } finally {
    rmSync(stateDir, { recursive: true, force: true });
  }
});
