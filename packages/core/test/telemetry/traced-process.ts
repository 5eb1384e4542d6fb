import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { startTelemetry } from '../../src/telemetry/index.ts';
import { withSpan } from '../../src/trace/index.ts';

/** A process of its own for the tests: `traced-process.ts STATE_DIR NAME COUNT [linger]`; speaks when its spans have ended. */
const [stateDir, name, count, linger] = process.argv.slice(2) as [string, string, string, string?];
const telemetry = await startTelemetry({ stateDir });
const request = {
  kind: 'http',
  side: 'server',
  from: 'client',
  to: name,
  attributes: { 'http.method': 'POST', 'kumo.server_id': name },
} as const;
for (let i = 0; i < Number(count); i++) {
  await withSpan('createServer', request, () =>
    withSpan('INSERT servers', { kind: 'sql', from: name, to: 'nova database' }, async () => {}),
  );
}
writeSync(1, 'ended\n');
if (linger) await sleep(60_000);
await telemetry.stop();
