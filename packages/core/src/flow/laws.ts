import { strict as assert } from 'node:assert';
import type { TestContext } from 'node:test';
import { type Db, openDatabase } from '../db/index.ts';
import { silentLogger } from '../log/index.ts';
import { dbJournal } from './db-journal.ts';
import type { FlowDefinition, FlowStep } from './definition.ts';
import type { FlowJournal } from './journal.ts';
import { flowRunner } from './runner.ts';
import { flows } from './start.ts';
import { type FlowTables, flowMigration } from './tables.ts';

/** A fresh place for one run: what the flow works on (fakes of drivers and services), and its input. */
export interface FlowWorld<Deps, Input> {
  readonly deps: Deps;
  readonly input: Input;
}

/** What is wrong after the flow ended: what is missing (`done`), what was left over (`failed`). Empty when all is well. */
export type FlowAudit<World> = (
  world: World,
  ended: 'done' | 'failed',
) => Promise<readonly string[]> | readonly string[];

type AnyStep = FlowStep<unknown, unknown>;
type AnyDefinition = FlowDefinition<unknown, unknown, object>;

interface Bench<World> {
  readonly db: Db<FlowTables>;
  readonly journal: FlowJournal;
  readonly definition: AnyDefinition;
  makeWorld(): Promise<World> | World;
  audit: FlowAudit<World>;
}

/**
 * The laws that every flow obeys, on a real journal (SQLite): it succeeds; fails at each step, before or after it did its
 * work, and leaves nothing; bears every `run` and every `undo` twice; is killed before or after each entry of its journal,
 * forwards and backwards, and is resumed; is cancelled in each step.
 *
 * The world must audit clean for `done` after the first law, so `makeWorld` must give one in which the flow succeeds.
 */
export async function flowLaws<Deps, Input, Results, World extends FlowWorld<Deps, Input>>(
  t: TestContext,
  definition: FlowDefinition<Deps, Input, Results>,
  makeWorld: () => Promise<World> | World,
  audit: FlowAudit<World>,
): Promise<void> {
  const db = await openDatabase<FlowTables>({
    url: 'sqlite::memory:',
    service: 'flow-laws',
    from: 'flow-laws',
    migrations: [flowMigration],
    log: silentLogger,
  });
  const erased = definition as unknown as AnyDefinition;
  const bench: Bench<World> = { db, journal: dbJournal(db), definition: erased, makeWorld, audit };
  try {
    await t.test('succeeds', () => holds(bench, erased, 'done'));
    await t.test('bears every run twice', () => holds(bench, withRuns(erased, twice), 'done'));
    for (const [index, step] of erased.steps.entries()) await failingAt(t, bench, index, step);
    await t.test('bears every undo twice', () =>
      holds(bench, withUndos(failing(erased, erased.steps.length - 1, 'after'), twice), 'failed'),
    );
    await t.test('killed at any entry of its journal, goes on', () => killedAnywhere(bench, erased, 'done'));
    const last = failing(erased, erased.steps.length - 1, 'after');
    await t.test('killed at any entry of its journal on the way back, goes on', () =>
      killedAnywhere(bench, last, 'failed'),
    );
  } finally {
    await db.close();
  }
}

async function failingAt<World>(t: TestContext, bench: Bench<World>, index: number, { name }: AnyStep): Promise<void> {
  const { definition } = bench;
  await t.test(`fails in '${name}' before its work and leaves nothing`, () =>
    holds(bench, failing(definition, index, 'before'), 'failed'),
  );
  await t.test(`fails in '${name}' after its work and leaves nothing`, () =>
    holds(bench, failing(definition, index, 'after'), 'failed'),
  );
  await t.test(`cancelled in '${name}', leaves nothing`, async () => {
    const cancelled = withRuns(definition, (run, at) => async (deps, input, results, controls) => {
      if (at === index) await bench.journal.cancel({ id: controls.flowId }, 'a law');
      return run(deps, input, results, controls);
    });
    await holds(bench, cancelled, 'failed');
  });
}

async function holds<World>(
  bench: Bench<World>,
  definition: AnyDefinition,
  expected: 'done' | 'failed',
): Promise<void> {
  await oneRun(bench, definition, expected);
}

/** Runs a variant in a new world, with or without a death on the way, and audits. @returns how many entries were written. */
async function oneRun<World>(
  bench: Bench<World>,
  definition: AnyDefinition,
  expected: 'done' | 'failed',
  death?: { entry: number; when: 'before' | 'after' },
): Promise<number> {
  const world = await bench.makeWorld();
  const { deps, input } = world as World & FlowWorld<unknown, unknown>;
  const id = await bench.db.transaction((tx) => flows.start(tx, definition, input));
  const mortal = new MortalJournal(bench.journal, death);
  const options = { flows: [definition], deps, daemon: 'laws', host: 'laws', log: silentLogger, pollMs: 3_600_000 };
  const runner = flowRunner({ ...options, journal: mortal.journal });
  await Promise.race([runner.start().then(() => runner.idle()), mortal.died]);
  if (mortal.isDead) {
    const successor = flowRunner({ ...options, journal: bench.journal });
    await successor.start();
    await successor.idle();
    await successor.stop();
  } else {
    await runner.stop();
  }
  const record = await bench.journal.show(id);
  const where = death ? `, killed ${death.when} entry ${death.entry}` : '';
  assert.equal(record?.state, expected, `ended ${record?.state}${where}: ${record?.failure?.message ?? ''}`);
  assert.deepEqual([...(await bench.audit(world, expected))], [], `after it ended ${expected}${where}`);
  return mortal.entries;
}

async function killedAnywhere<World>(
  bench: Bench<World>,
  definition: AnyDefinition,
  expected: 'done' | 'failed',
): Promise<void> {
  const entries = await oneRun(bench, definition, expected);
  for (let entry = 1; entry <= entries; entry++) {
    for (const when of ['before', 'after'] as const) await oneRun(bench, definition, expected, { entry, when });
  }
}

function failing(definition: AnyDefinition, index: number, when: 'before' | 'after'): AnyDefinition {
  return withRuns(definition, (run, at) => async (...args) => {
    if (at !== index) return run(...args);
    if (when === 'after') await run(...args);
    throw new Error(`a law makes this step fail ${when} its work`);
  });
}

function twice(work: AnyStep['run']): AnyStep['run'] {
  return async (...args) => {
    await work(...args);
    return work(...args);
  };
}

function withRuns(
  definition: AnyDefinition,
  wrap: (run: AnyStep['run'], index: number) => AnyStep['run'],
): AnyDefinition {
  return { ...definition, steps: definition.steps.map((step, index) => ({ ...step, run: wrap(step.run, index) })) };
}

function withUndos(definition: AnyDefinition, wrap: (undo: AnyStep['run']) => AnyStep['run']): AnyDefinition {
  return { ...definition, steps: definition.steps.map((step) => ({ ...step, undo: step.undo && wrap(step.undo) })) };
}

const ENTRIES: readonly (keyof FlowJournal)[] = [
  'stepStarted',
  'stepDone',
  'stepFailed',
  'undoing',
  'stepUndone',
  'finish',
];

/** A journal whose process dies at its n-th entry: from then on nothing answers any more, as after SIGKILL. */
class MortalJournal {
  readonly journal: FlowJournal;
  readonly died: Promise<void>;
  readonly #die: () => void;
  isDead = false;
  entries = 0;

  constructor(journal: FlowJournal, death: { entry: number; when: 'before' | 'after' } | undefined) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.died = promise;
    this.#die = resolve;
    this.journal = new Proxy(journal, {
      get:
        (target, name: keyof FlowJournal) =>
        async (...args: never[]) => {
          if (this.isDead) return this.#silence();
          const isLast = ENTRIES.includes(name) && ++this.entries === death?.entry;
          if (isLast && death?.when === 'before') return this.#silence();
          const answer = await (target[name] as (...args: never[]) => Promise<unknown>).apply(target, args);
          return isLast ? this.#silence() : answer;
        },
    });
  }

  #silence(): Promise<never> {
    this.isDead = true;
    this.#die();
    return new Promise(() => {});
  }
}
