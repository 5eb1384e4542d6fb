/** The LDAP driver on a real slapd with 5,000 users. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { silentLogger } from '@kumo/core/log';
import { DirectoryDown, DirectoryLimit } from '../../src/drivers/identity/directory.ts';
import { LdapDriver } from '../../src/drivers/identity/ldap/ldap-driver.ts';
import { ldapOptions } from '../../src/drivers/identity/ldap/ldap-options.ts';
import { directory, GROUPS_DN, ldapConfig, passwordOf, roots, TEAM_COUNT, USER_COUNT, uidAt } from './people.ts';
import { lacksSlapd, MANAGER, MANAGER_PASSWORD, type Slapd, startSlapd } from './slapd.ts';

const limits = { connectTimeoutMs: 1_000, requestTimeoutMs: 2_000, retryAfterMs: 300 };
const EVERYBODY = USER_COUNT + 7 + 4 + 1 + 3;

describe('LDAP driver', { skip: lacksSlapd }, () => {
  let slapd: Slapd;
  before(async () => {
    slapd = await startSlapd(directory());
  });
  after(() => slapd?.stop());

  const bound = { user: MANAGER, password: MANAGER_PASSWORD };
  /** What a driver with these options does, its connections closed in the end. */
  async function withDriver<T>(more: object, work: (driver: LdapDriver) => Promise<T>): Promise<T> {
    const driver = new LdapDriver(ldapOptions(ldapConfig(slapd.url, { ...bound, ...more })), {
      limits,
      log: silentLogger,
    });
    try {
      return await work(driver);
    } finally {
      driver.close();
    }
  }

  test('users are found by id and by name, whatever is in them', () =>
    withDriver(
      {
        user_additional_attribute_mapping: ['telephoneNumber:phone', 'cn:name'],
        user_default_project_id_attribute: 'projectId',
        user_attribute_ignore: [],
      },
      async (driver) => {
        assert.deepEqual(await driver.findUser('u0007'), {
          localId: 'u0007',
          name: 'u0007',
          enabled: true,
          defaultProjectId: null,
          extra: { email: 'u0007@example.org' },
        });
        assert.equal((await driver.findUserByName('U0007'))?.localId, 'u0007');
        const odd = await driver.findUser('star*(x)\\y');
        assert.deepEqual([odd?.name, odd?.extra.phone, odd?.defaultProjectId], ['odd, name', '123', 'p-1']);
        assert.equal((await driver.findUserByName('odd, name'))?.localId, 'star*(x)\\y');
        assert.equal((await driver.findUser('ünï'))?.name, 'Ünïcode');
        assert.equal((await driver.findUserByName('ünïcode'))?.localId, 'ünï');
        assert.equal(await driver.findUser('nobody'), undefined);
        assert.equal(await driver.findUser('nameless'), undefined, 'who has no name is nobody');
      },
    ));

  test('no value is read as a filter or a name', () =>
    withDriver({}, async (driver) => {
      const tries = [
        '*',
        'u*',
        '*)(uid=*',
        'u0001)(|(uid=*',
        '\\2a',
        'u0001\u0000',
        `u0001,${GROUPS_DN}`,
        '(uid=u0001)',
      ];
      for (const value of tries) {
        assert.equal(await driver.findUser(value), undefined, value);
        assert.equal(await driver.findUserByName(value), undefined, value);
        assert.deepEqual(await driver.groupsOf(value), [], value);
        assert.equal((await driver.listUsers({ names: [{ op: 'contains', value }], limit: 5 })).rows.length, 0, value);
        assert.equal(await driver.verifyPassword(value, passwordOf('u0001')), false, value);
      }
    }));

  test('a list of 5,000 comes whole within seconds, and its first page at once', () =>
    withDriver({}, async (driver) => {
      const startedAt = performance.now();
      const all = await driver.listUsers({ limit: 100_000 });
      const allMs = performance.now() - startedAt;
      assert.equal(all.rows.length, EVERYBODY);
      assert.equal(all.hasMore, false);
      const pageStartedAt = performance.now();
      const first = await driver.listUsers({ limit: 20 });
      const pageMs = performance.now() - pageStartedAt;
      assert.deepEqual(first.rows, all.rows.slice(0, 20));
      assert.ok(first.hasMore);
      const next = await driver.listUsers({ limit: 20, after: first.rows.at(-1)?.localId });
      assert.deepEqual(next.rows, all.rows.slice(20, 40));
      assert.equal((await driver.listUsers({ limit: 20, after: 'nobody' })).isMarkerFound, false);
      console.log(`all ${allMs.toFixed()} ms, first page of 20 ${pageMs.toFixed()} ms`);
      assert.ok(allMs < 5_000, `${allMs} ms`);
      assert.ok(pageMs < 500, `${pageMs} ms`);
    }));

  test('conditions on names are the directory’s to find', () =>
    withDriver({}, async (driver) => {
      const find = async (op: 'contains' | 'startsWith' | 'endsWith', value: string) =>
        (await driver.listUsers({ names: [{ op, value }], limit: 10_000 })).rows.length;
      assert.equal(await find('startsWith', 'u000'), 10);
      assert.equal(await find('endsWith', '4999'), 1);
      assert.equal(await find('contains', 'DD, na'), 1);
      const fits = (user: { enabled: boolean }) => !user.enabled;
      const disabled = await withDriver({ user_enabled_attribute: 'enabled' }, (one) =>
        one.listUsers({ fits, limit: 99 }),
      );
      assert.deepEqual(disabled.rows.map((one) => one.localId).sort(), ['sw3', 'sw4', 'sw5', 'sw6']);
      assert.match(slapd.log(), /filter="\(&\(objectClass=inetOrgPerson\)\(uid=\*\)\(sn=u000\*\)\)"/i);
    }));

  test('without pages the server’s own limit is told, not passed off as the end', async () => {
    const anonymous = { user: undefined, password: undefined, page_size: 0 };
    await assert.rejects(
      withDriver(anonymous, (driver) => driver.listUsers({ limit: 10_000 })),
      DirectoryLimit,
    );
    const { rows } = await withDriver({ page_size: 0 }, (driver) => driver.listUsers({ limit: 10_000 }));
    assert.equal(rows.length, EVERYBODY);
  });

  test('groups, their members, and groups in groups as deep as is configured', () =>
    withDriver({}, async (driver) => {
      const names = async (one: LdapDriver, uid: string) => (await one.groupsOf(uid)).map((each) => each.name).sort();
      assert.deepEqual(await names(driver, uidAt(1)), ['enabled', 'everyone', 'inner', 'team1']);
      assert.equal((await driver.listGroups({ limit: 1_000 })).rows.length, TEAM_COUNT + 8);
      assert.equal((await driver.findGroup('team7'))?.description, 'group team7');
      const team = await driver.membersOf('team7', { limit: 1_000 });
      assert.equal(team.rows.length, USER_COUNT / TEAM_COUNT);
      assert.equal((await driver.membersOf('everyone', { limit: 100_000 })).rows.length, USER_COUNT);
      const page = await driver.membersOf('everyone', { limit: 3 });
      assert.deepEqual(
        page.rows.map((one) => one.localId),
        [uidAt(0), uidAt(1), uidAt(2)],
      );
      const next = await driver.membersOf('everyone', { limit: 2, after: uidAt(2) });
      assert.deepEqual(
        next.rows.map((one) => one.localId),
        [uidAt(3), uidAt(4)],
      );
      assert.deepEqual((await driver.membersOf('outer', { limit: 9 })).rows, [], 'groups in groups are not followed');
      const odd = await driver.membersOf('odd', { limit: 9 });
      assert.deepEqual(
        odd.rows.map((one) => one.localId),
        ['comma, man'],
        'who is gone is left out',
      );
      await withDriver({ group_nesting_depth: 1 }, async (one) =>
        assert.deepEqual(await names(one, uidAt(1)), ['enabled', 'everyone', 'inner', 'middle', 'team1']),
      );
      await withDriver({ group_nesting_depth: 32 }, async (deep) => {
        assert.deepEqual(await names(deep, uidAt(1)), ['enabled', 'everyone', 'inner', 'middle', 'outer', 'team1']);
        assert.deepEqual(await names(deep, uidAt(3)), ['everyone', 'loop-a', 'loop-b', 'team3'], 'loops end');
        const members = (await deep.membersOf('outer', { limit: 9 })).rows.map((one) => one.localId).sort();
        assert.deepEqual(members, [uidAt(1), uidAt(2)]);
        assert.deepEqual(
          (await deep.membersOf('loop-b', { limit: 9 })).rows.map((one) => one.localId),
          [uidAt(3)],
        );
      });
    }));

  test('groups whose members are ids', () =>
    withDriver(
      { group_objectclass: 'posixGroup', group_member_attribute: 'memberUid', group_members_are_ids: true },
      async (driver) => {
        assert.deepEqual(
          (await driver.groupsOf(uidAt(4))).map((one) => one.name),
          ['posix'],
        );
        assert.deepEqual(
          (await driver.groupsOf(uidAt(6))).map((one) => one.name),
          [],
        );
        const members = await driver.membersOf('posix', { limit: 9 });
        assert.deepEqual(
          members.rows.map((one) => one.localId),
          [uidAt(4), uidAt(5)],
        );
      },
    ));

  test('with the matching rule of Active Directory, which slapd does not know, nobody is taken for a member', () =>
    withDriver({ group_ad_nesting: true }, async (driver) => {
      assert.deepEqual(await driver.groupsOf(uidAt(1)), []);
      assert.deepEqual((await driver.membersOf('team1', { limit: 3 })).rows, []);
    }));

  test('names of many are asked for together', () =>
    withDriver({}, async (driver) => {
      const ids = Array.from({ length: 1_000 }, (_, at) => uidAt(at));
      const searches = () => slapd.log().match(/ SRCH base=/g)?.length ?? 0;
      const before = searches();
      const names = await driver.namesOf('user', [...ids, 'nobody', 'star*(x)\\y']);
      assert.equal(names.size, 1_001);
      assert.equal(names.get('star*(x)\\y'), 'odd, name');
      assert.ok(searches() - before < 20, `${searches() - before} searches`);
      assert.deepEqual([...(await driver.namesOf('group', ['team7', 'nothing']))], [['team7', 'team7']]);
    }));

  test('OSSA-2026-007: enabled in every spelling, inverted, as bits, and by a group', async () => {
    const enabledOnes = (options: object, prefix: string) =>
      withDriver(options, async (driver) => {
        const { rows } = await driver.listUsers({ names: [{ op: 'startsWith', value: prefix }], limit: 100 });
        for (const row of rows) assert.deepEqual(await driver.findUser(row.localId), row);
        return rows.filter((row) => row.enabled).map((row) => row.localId);
      });
    assert.deepEqual(await enabledOnes({}, 'sw'), ['sw0', 'sw1', 'sw2']);
    const lock = { user_enabled_attribute: 'locked', user_enabled_invert: true, user_enabled_default: 'False' };
    assert.deepEqual(await enabledOnes(lock, 'sw'), ['sw3', 'sw4', 'sw5', 'sw6']);
    const bits = { user_enabled_attribute: 'userAccountControl', user_enabled_mask: 2, user_enabled_default: '512' };
    assert.deepEqual(await enabledOnes(bits, 'ad'), ['ad512', 'ad66048']);
    assert.deepEqual(await enabledOnes(bits, 'nosw'), ['noswitch']);
    const emulated = { user_enabled_emulation: true, user_enabled_emulation_dn: `cn=enabled,${GROUPS_DN}` };
    assert.deepEqual(await enabledOnes(emulated, 'u000'), [uidAt(0), uidAt(1)]);
    assert.deepEqual(
      await enabledOnes({ user_enabled_emulation: true }, 'u000'),
      [],
      'a group that is not there has nobody',
    );
  });

  test('OSSA-2013-015: passwords are proved by binding, and an empty one never', () =>
    withDriver({}, async (driver) => {
      assert.equal(await driver.verifyPassword('u0001', passwordOf('u0001')), true);
      assert.equal(await driver.verifyPassword('u0001', 'wrong'), false);
      assert.equal(await driver.verifyPassword('star*(x)\\y', passwordOf('star*(x)\\y')), true);
      assert.equal(await driver.verifyPassword('comma, man', passwordOf('comma, man')), true);
      assert.equal(await driver.verifyPassword('nobody', 'x'), false);
      const binds = () => slapd.log().match(/ BIND dn=/g)?.length;
      const before = binds();
      assert.equal(await driver.verifyPassword('u0001', ''), false);
      assert.equal(binds(), before);
    }));

  test('TLS: over ldaps and StartTLS, with the authority’s certificate and the server’s name', async () => {
    const ca = { tls_cacertfile: slapd.caFile };
    const find = (options: object) => withDriver(options, (driver) => driver.findUser('u0001'));
    const plain = `ldap://localhost:${slapd.port}`;
    assert.ok(await find({ url: slapd.tlsUrl, ...ca }));
    assert.ok(await find({ url: plain, use_tls: true, ...ca }));
    assert.match(slapd.log(), /TLS established/);
    const otherName = [`ldaps://127.0.0.1:${slapd.tlsPort}`, slapd.url] as const;
    for (const [url, use_tls] of [
      [slapd.tlsUrl, false],
      [plain, true],
      [otherName[0], false],
      [otherName[1], true],
    ] as const) {
      const isKnown = url.includes('127.0.0.1') ? ca : {};
      await assert.rejects(find({ url, use_tls, ...isKnown }), DirectoryDown, `${url} ${use_tls}`);
      await assert.rejects(find({ url, use_tls, ...isKnown, tls_req_cert: 'demand' }), DirectoryDown);
      for (const tls_req_cert of ['allow', 'never']) assert.ok(await find({ url, use_tls, tls_req_cert }));
    }
    assert.ok(await find({ url: slapd.tlsUrl, tls_cacertdir: slapd.dir }));
    await assert.rejects(find({ url: slapd.tlsUrl, tls_cacertfile: '/nowhere' }), DirectoryDown);
  });

  test('a configured user that is refused, and wrong options, say so', async () => {
    await assert.rejects(
      withDriver({ password: 'wrong-s3cret' }, (driver) => driver.findUser('u0001')),
      (error: Error) =>
        error instanceof DirectoryDown && /refuses/.test(error.message) && !/s3cret/.test(error.message),
    );
    const wrong: [object, RegExp][] = [
      [{ url: 'http://x' }, /url/],
      [{ url: 'ldaps://x', use_tls: true }, /use_tls/],
      [{ page_size: 'many' }, /page_size/],
      [{ page_size: -1 }, /page_size/],
      [{ query_scope: 'all' }, /query_scope/],
      [{ user_filter: '(((' }, /user_filter/],
      [{ user_id_attribute: 'uid)(x=' }, /user_id_attribute/],
      [{ user_tree_dn: 'nonsense' }, /user_tree_dn/],
      [{ tls_req_cert: 'sometimes' }, /tls_req_cert/],
      [{ user_additional_attribute_mapping: 'a:b:c' }, /user_additional_attribute_mapping/],
    ];
    for (const [more, message] of wrong) assert.throws(() => ldapOptions(ldapConfig(slapd.url, more)), message);
  });

  test('a filter, a scope and another tree leave entries out', async () => {
    const find = (options: object, uid: string) => withDriver(options, (driver) => driver.findUser(uid));
    assert.equal(await find({ user_filter: '(!(uid=u0001))' }, 'u0001'), undefined);
    assert.ok(await find({ user_filter: 'uid=u*' }, 'u0001'));
    assert.ok(await find({ user_filter: '(sn=\\c3\\9cn*)' }, 'ünï'));
    const top = { user_tree_dn: 'dc=example,dc=org' };
    assert.equal(await find(top, 'u0001'), undefined);
    assert.ok(await find({ ...top, query_scope: 'sub' }, 'u0001'));
    assert.equal(await find({ user_tree_dn: 'ou=nowhere,dc=example,dc=org' }, 'u0001'), undefined);
  });

  test('the next server is asked when one is down or does not answer', async () => {
    const dead = 'ldap://127.0.0.1:9';
    await withDriver({ url: `${dead},${slapd.url}` }, async (driver) => assert.ok(await driver.findUser('u0001')));
    const frozen = await startSlapd(roots());
    frozen.freeze();
    try {
      await withDriver({ url: `${frozen.url} ${slapd.url}` }, async (driver) => {
        assert.ok(await driver.findUser('u0001'));
        const startedAt = performance.now();
        assert.ok(await driver.findUser('u0002'));
        assert.ok(performance.now() - startedAt < 500, 'who answered is asked first');
      });
    } finally {
      await frozen.stop();
    }
  });

  test('a frozen directory costs a bounded wait, then nothing, and is back by itself', () =>
    withDriver({}, async (driver) => {
      assert.ok(await driver.findUser('u0001'));
      slapd.freeze();
      try {
        const timed = async () => {
          const startedAt = performance.now();
          await assert.rejects(driver.findUser('u0001'), DirectoryDown);
          return performance.now() - startedAt;
        };
        const waits = [await timed(), await timed(), await timed()];
        console.log(`waits ${waits.map((one) => one.toFixed()).join(', ')} ms`);
        assert.ok(Math.max(...waits) < 3_500, `${waits}`);
        assert.ok((waits[2] as number) < 50, `${waits}`);
        const many = await Promise.allSettled(Array.from({ length: 200 }, () => driver.findUser('u0001')));
        assert.ok(many.every((one) => one.status === 'rejected'));
      } finally {
        slapd.thaw();
      }
      await new Promise((resolve) => setTimeout(resolve, limits.retryAfterMs + 100));
      assert.ok(await driver.findUser('u0001'));
    }));

  test('a directory that was killed is found again when it is back', () =>
    withDriver({}, async (driver) => {
      assert.ok(await driver.findUser('u0001'));
      await slapd.kill();
      await assert.rejects(driver.findUser('u0001'), DirectoryDown);
      await slapd.start();
      await new Promise((resolve) => setTimeout(resolve, limits.retryAfterMs + 100));
      assert.ok(await driver.findUser('u0001'));
    }));

  test('connections are no more than configured, and are used again', () =>
    withDriver({ pool_size: 3 }, async (driver) => {
      const accepted = () => slapd.log().match(/ ACCEPT from /g)?.length ?? 0;
      const before = accepted();
      const found = await Promise.all(Array.from({ length: 60 }, (_, at) => driver.findUser(uidAt(at))));
      assert.ok(found.every((one) => one !== undefined));
      assert.ok(accepted() - before <= 3, `${accepted() - before} connections`);
    }));
});
