import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { DriverError } from '../../src/errors/index.ts';
import { flow, flowLaws } from '../../src/flow/index.ts';

interface Deps {
  world: Set<string>;
  /** What was said to the user. */
  said: string[];
}

const serverCreate = flow<Deps, { id: string }>('server.create', 1)
  .step('placed', {
    run: ({ world }, { id }) => {
      world.add(`allocation ${id}`);
      return { host: 'host-1' };
    },
    undo: ({ world }, { id }) => world.delete(`allocation ${id}`),
  })
  .step('ports', {
    run: async ({ world }, { id }, { placed }) => {
      assert.equal(placed.host, 'host-1');
      world.add(`port ${id}`);
      return [`port ${id}`];
    },
    undo: ({ world }, { id }) => world.delete(`port ${id}`),
  })
  .step('guest', {
    retry: { times: 2, delayMs: 1 },
    run: ({ world }, { id }, { ports }, { attempt }) => {
      assert.deepEqual(ports, [`port ${id}`]);
      if (attempt === 1) throw new DriverError('not yet', { retryable: true });
      world.add(`guest ${id}`);
    },
    undo: ({ world }, { id }) => world.delete(`guest ${id}`),
  })
  .step('active', { run: () => {} })
  .onFailed(({ said }, { id }, failure) => void said.push(`${id} failed in ${failure.step}`));

const makeWorld = () => ({ deps: { world: new Set<string>(), said: [] as string[] }, input: { id: 's1' } });

test('a right flow obeys the laws', (t) =>
  flowLaws(t, serverCreate, makeWorld, ({ deps: { world, said } }, ended) => {
    const expected = ended === 'done' ? ['allocation s1', 'guest s1', 'port s1'] : [];
    const wrong = [...new Set([...world, ...expected])].filter(
      (thing) => world.has(thing) !== expected.includes(thing),
    );
    if (ended === 'failed' && said.length === 0) wrong.push('nobody was told');
    return wrong;
  }));

test('a flow that counts instead of making sure is found out', async (t) => {
  const { deps, input } = makeWorld();
  let runs = 0;
  const counting = flow<Deps, { id: string }>('counting', 1).step('one', {
    run: ({ world }) => void world.add(`thing ${++runs}`),
    undo: ({ world }) => world.clear(),
  });
  const failures: string[] = [];
  const fake = {
    test: async (name: string, work: () => Promise<void>) => {
      await work().catch(() => failures.push(name));
    },
  };
  const audit = ({ deps: { world } }: { deps: Deps }, ended: 'done' | 'failed') =>
    world.size === (ended === 'done' ? 1 : 0) ? [] : [`${world.size} things`];
  await flowLaws(
    fake as unknown as typeof t,
    counting,
    () => ({ deps: { ...deps, world: new Set<string>() }, input }),
    audit,
  );
  assert.deepEqual(failures, ['bears every run twice', 'killed at any entry of its journal, goes on']);
});
