import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  applyFilters,
  type Db,
  type Filter,
  KeptList,
  type Page,
  type PageOptions,
  pageQuery,
  type Sort,
} from '../../src/db/index.ts';
import { onEachDatabase, openTest } from './dialects.ts';
import { type TestTables, testMigrations, thing } from './schema.ts';

const ROWS = 60;
type Row = TestTables['things'];

/** Reproducible: the seed is printed with a failure through the test's message. */
function randomiser(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return Math.floor((state / 2147483648) * below);
  };
}

function compare(a: Row, b: Row, sorts: readonly Sort[]): number {
  for (const { column, dir = 'asc', nullsFirst = dir === 'asc' } of sorts) {
    const [x, y] = [a[column as keyof Row], b[column as keyof Row]];
    if (x === y) continue;
    if (x === null || y === null) return (x === null) === nullsFirst ? -1 : 1;
    return x < y === (dir === 'asc') ? -1 : 1;
  }
  return 0;
}

onEachDatabase('pages', (subject) => {
  let db: Db<TestTables>;
  let rows: Row[];
  before(async () => {
    db = await openTest<TestTables>(subject.newUrl(), testMigrations);
    const random = randomiser(7);
    rows = Array.from({ length: ROWS }, (_, at) =>
      thing(`id${String(at).padStart(3, '0')}`, {
        name: random(4) === 0 ? null : ['Ab', 'a%b', 'ab', 'b_c', 'ö'][random(5)]!,
        size: random(3) === 0 ? null : random(4),
        enabled: random(2),
      }),
    );
    await db.q.insertInto('things').values(rows).execute();
  });
  after(() => db.close());

  const kept = new KeptList((q: Db<TestTables>['q']) => q.selectFrom('things').selectAll());
  const ways: ((options: PageOptions) => Promise<Page<Row>>)[] = [
    (options) => pageQuery(db.q.selectFrom('things').selectAll(), options),
    (options) => kept.page(db.q, options),
  ];

  const walk = async (options: PageOptions, way = ways[0]!): Promise<Row[]> => {
    const all: Row[] = [];
    for (let marker: string | undefined; ; ) {
      const page = await way({ ...options, marker });
      assert.ok(page.rows.length <= options.limit!);
      if (options.reverse) all.unshift(...page.rows);
      else all.push(...page.rows);
      if (!page.hasMore) return all;
      assert.equal(page.rows.length, options.limit);
      marker = options.reverse ? page.rows[0]!.id : page.rows.at(-1)!.id;
    }
  };

  test('a page that is full has more, even when it ends the list; one of no rows has none', async () => {
    const all = await walk({ limit: 7 });
    const [full, none] = [await ways[0]!({ limit: all.length }), await ways[0]!({ limit: 0 })];
    assert.deepEqual([full.rows.length, full.hasMore], [all.length, true]);
    const last = await ways[0]!({ limit: all.length, marker: full.rows.at(-1)!.id });
    assert.deepEqual(
      [last, none],
      [
        { rows: [], hasMore: false },
        { rows: [], hasMore: false },
      ],
    );
  });

  test('all the pages, forwards and backwards, are the sorted list, whatever the sorts', async () => {
    const random = randomiser(42);
    const columns = ['name', 'size', 'enabled', 'id'];
    for (let round = 0; round < 40; round += 1) {
      const sorts: Sort[] = columns
        .filter(() => random(2) === 0)
        .sort(() => random(3) - 1)
        .map((column) => ({
          column,
          dir: random(2) ? 'asc' : 'desc',
          nullsFirst: [true, false, undefined][random(3)],
          nullable: column !== 'enabled' && column !== 'id',
        }));
      const tie: Sort = { column: 'id', dir: sorts.at(-1)?.dir ?? 'asc' };
      const expected = rows.toSorted((a, b) => compare(a, b, [...sorts, tie])).map(({ id }) => id);
      for (const [reverse, way] of [false, true].flatMap((each) => ways.map((way) => [each, way] as const))) {
        const found = await walk({ sorts, limit: 1 + random(9), reverse }, way);
        assert.deepEqual(
          found.map(({ id }) => id),
          expected,
          `round ${round} ${JSON.stringify(sorts)} reverse ${reverse}`,
        );
      }
    }
  });

  test('a marker need not pass the filters; an unknown one is the caller’s error', async () => {
    const disabled = rows.find(({ enabled }) => enabled === 0)!;
    const filters: Filter[] = [{ column: 'enabled', op: 'eq', value: true }];
    const query = () => db.q.selectFrom('things').selectAll();
    const page = await pageQuery(query(), { filters, marker: disabled.id });
    assert.deepEqual(
      page.rows.map(({ id }) => id),
      rows.filter(({ id, enabled }) => enabled === 1 && id > disabled.id).map(({ id }) => id),
    );
    await assert.rejects(
      pageQuery(query(), { marker: 'none', unknownMarker: (marker) => new RangeError(`no ${marker}`) }),
      /RangeError: no none/,
    );
  });

  test('a kept list tells apart what it is asked for, sees what has changed, and drops what was not asked for longest', async () => {
    const idsOf = async (options: PageOptions) => (await kept.page(db.q, options)).rows.map(({ id }) => id);
    const enabled = (value: number): Filter[] => [{ column: 'enabled', op: 'eq', value }];
    const expected = (value: number) => rows.filter((row) => row.enabled === value).map(({ id }) => id);
    for (const value of [1, 0, 1]) {
      assert.deepEqual(await idsOf({ filters: enabled(value) }), expected(value));
      assert.deepEqual(await idsOf({ filters: enabled(value), limit: 2 }), expected(value).slice(0, 2));
    }
    assert.deepEqual((await kept.page(db.q, { limit: 0 })).rows, []);
    for (let size = 0; size < 150; size += 1) await idsOf({ filters: [{ column: 'size', op: 'eq', value: size }] });
    await db.q
      .insertInto('things')
      .values(thing('zzz', { enabled: 1 }))
      .execute();
    assert.deepEqual(await idsOf({ filters: enabled(1) }), [...expected(1), 'zzz']);
    await db.q.deleteFrom('things').where('id', '=', 'zzz').execute();
  });

  test('on SQLite a limit is no parameter: each one bound would make the statement be planned anew', async () => {
    const { sql, parameters } = db.q.selectFrom('things').select('id').where('size', '=', 7).limit(5).compile();
    assert.deepEqual([sql.endsWith(' limit 5'), parameters], db.dialect === 'sqlite' ? [true, [7]] : [false, [7, 5]]);
  });

  test('a qualified key and sort page through a join', async () => {
    await db.q.insertInto('owners').values({ id: 'o', name: 'owner' }).execute();
    await db.q.updateTable('things').set({ owner_id: 'o' }).where('enabled', '=', 1).execute();
    const joined = () =>
      db.q
        .selectFrom('things')
        .innerJoin('owners', 'owners.id', 'things.owner_id')
        .select(['things.id', 'owners.name as owner']);
    const options = { sorts: [{ column: 'things.size', dir: 'desc' as const }], key: 'things.id' };
    const whole = await pageQuery(joined(), options);
    const first = await pageQuery(joined(), { ...options, limit: 5 });
    const rest = await pageQuery(joined(), { ...options, marker: first.rows.at(-1)!.id });
    assert.deepEqual([...first.rows, ...rest.rows], whole.rows);
  });

  test('filters mean what they say', async () => {
    const table: [Filter, (row: Row) => boolean][] = [
      [{ column: 'name', op: 'eq', value: 'ab' }, ({ name }) => name === 'ab'],
      [{ column: 'name', op: 'eq', value: null }, ({ name }) => name === null],
      [{ column: 'name', op: 'ne', value: null }, ({ name }) => name !== null],
      [{ column: 'name', op: 'in', value: ['ab', null] }, ({ name }) => name === 'ab' || name === null],
      [{ column: 'name', op: 'in', value: [] }, () => false],
      [{ column: 'name', op: 'notIn', value: ['ab', null] }, ({ name }) => name !== null && name !== 'ab'],
      [{ column: 'name', op: 'contains', value: '%' }, ({ name }) => name?.includes('%') ?? false],
      [{ column: 'name', op: 'contains', value: '_' }, ({ name }) => name?.includes('_') ?? false],
      [{ column: 'name', op: 'startsWith', value: 'a' }, ({ name }) => name?.startsWith('a') ?? false],
      [{ column: 'name', op: 'endsWith', value: 'b' }, ({ name }) => name?.endsWith('b') ?? false],
      [{ column: 'name', op: 'endsWith', value: 'B' }, ({ name }) => name?.endsWith('B') ?? false],
      [
        { column: 'name', op: 'contains', value: 'B', ignoreCase: true },
        ({ name }) => name?.toLowerCase().includes('b') ?? false,
      ],
      [{ column: 'name', op: 'like', value: 'a%b' }, ({ name }) => name === 'ab' || name === 'a%b'],
      [{ column: 'size', op: 'gte', value: 2 }, ({ size }) => size !== null && size >= 2],
      [{ column: 'size', op: 'lt', value: 2 }, ({ size }) => size !== null && size < 2],
    ];
    for (const [filter, matches] of table) {
      const found = await applyFilters(db.q.selectFrom('things').select('id'), [filter]).orderBy('id').execute();
      assert.deepEqual(
        found.map(({ id }) => id),
        rows.filter(matches).map(({ id }) => id),
        JSON.stringify(filter),
      );
    }
  });
});
