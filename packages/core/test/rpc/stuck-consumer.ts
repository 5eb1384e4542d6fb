// A consumer that takes a job and never finishes it; started and killed by rabbit.test.ts.
import { Type as T } from 'typebox';
import { silentLogger } from '../../src/log/index.ts';
import { cast, rabbitBus, rpc } from '../../src/rpc/index.ts';

const work = rpc('work', '1.0', { job: cast(T.Object({ n: T.Integer() })) });
const bus = rabbitBus({ url: process.env.KUMO_TEST_AMQP!, log: silentLogger });
await bus.serve(
  work,
  { server: 'stuck' },
  {
    job: ({ n }) => {
      process.stdout.write(`took ${n}\n`);
      return new Promise<void>(() => {});
    },
  },
);
process.stdout.write('ready\n');
