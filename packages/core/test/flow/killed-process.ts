// A daemon with one flow: `hang` starts it and stays in its second step; `finish` goes on. Used by runner.test.ts.
import { appendFile } from 'node:fs/promises';
import { openDatabase } from '../../src/db/index.ts';
import { dbJournal, type FlowTables, flow, flowMigration, flowRunner, flows } from '../../src/flow/index.ts';
import { silentLogger } from '../../src/log/index.ts';

const [url = '', trail = '', mode] = process.argv.slice(2);
const db = await openDatabase<FlowTables>({
  url,
  service: 'test',
  from: 'test',
  migrations: [flowMigration],
  log: silentLogger,
});
const definition = flow<object, object>('killed', 1)
  .step('first', { run: () => appendFile(trail, 'first\n') })
  .step('second', {
    run: async () => {
      await appendFile(trail, 'second\n');
      if (mode !== 'hang') return;
      process.stdout.write('hanging\n');
      await new Promise(() => setInterval(() => {}, 1000));
    },
  });
if (mode === 'hang') await flows.start(db.q, definition, {}, { holder: 'host-1' });
const runner = flowRunner({
  journal: dbJournal(db),
  flows: [definition],
  deps: {},
  holder: 'host-1',
  daemon: 'nova-compute',
  log: silentLogger,
});
const began = performance.now();
await runner.start();
await runner.idle();
process.stdout.write(`finished in ${Math.round(performance.now() - began)} ms\n`);
await runner.stop();
await db.close();
