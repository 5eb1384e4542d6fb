/** Directories of domains that are configured by files, over TLS, with a directory that is down from the beginning. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { TestKeystone } from './harness.ts';
import { GROUPS_DN, group, person, roots, USERS_DN, userDn } from './ldap/people.ts';
import { lacksSlapd, MANAGER, MANAGER_PASSWORD, SUFFIX, startSlapd } from './ldap/slapd.ts';

test('domains are configured by files; the API goes before them', { skip: lacksSlapd }, async () => {
  const nested = group('outer', [`cn=inner,${GROUPS_DN}`]);
  const slapd = await startSlapd(
    [roots(), person('ann'), person('bob'), group('inner', [userDn('ann')]), nested].join(''),
  );
  const configDir = mkdtempSync(join(tmpdir(), 'kumo-domains-'));
  const file = `[identity]
driver = ldap
[ldap]
url = ${slapd.tlsUrl}
tls_cacertfile = ${slapd.caFile}
user = ${MANAGER}
password = ${MANAGER_PASSWORD}
suffix = ${SUFFIX}
user_tree_dn = ou=People,$suffix
group_tree_dn = ou=Groups,\${ldap.suffix}
user_id_attribute = uid
group_name_attribute = cn
group_nesting_depth = 3
`;
  writeFileSync(join(configDir, 'keystone.Corp.conf'), file, { mode: 0o600 });
  writeFileSync(join(configDir, 'keystone.Down.conf'), file.replace(slapd.tlsUrl, 'ldaps://localhost:9'), {
    mode: 0o600,
  });
  let keystone: TestKeystone | undefined;
  try {
    keystone = await TestKeystone.start({ config: { directories: { configDir, cacheMs: 0 } } });
    const running = keystone;
    const make = async (name: string): Promise<string> =>
      (await running.expect(201, 'POST', '/v3/domains', { body: { domain: { name } } })).domain.id;
    const [corp, down, plain] = [await make('Corp'), await make('Down'), await make('Plain')];
    const { users } = await running.expect(200, 'GET', `/v3/users?domain_id=${corp}`);
    assert.deepEqual(
      users.map((one: { name: string }) => one.name),
      ['ann', 'bob'],
    );
    const { groups } = await running.expect(200, 'GET', `/v3/users/${users[0].id}/groups`);
    assert.deepEqual(groups.map((one: { name: string }) => one.name).sort(), ['inner', 'outer']);
    await running.expect(503, 'GET', `/v3/users?domain_id=${down}`);
    await running.expect(200, 'GET', `/v3/users?domain_id=${plain}`);
    await running.expect(404, 'GET', `/v3/domains/${corp}/config`);
    const config = { identity: { driver: 'ldap' }, ldap: { url: 'ldap://127.0.0.1:9', user_tree_dn: USERS_DN } };
    await running.expect(201, 'PUT', `/v3/domains/${corp}/config`, { body: { config } });
    await running.expect(503, 'GET', `/v3/users?domain_id=${corp}`);
    await running.expect(204, 'DELETE', `/v3/domains/${corp}/config`);
    await running.expect(200, 'GET', `/v3/users?domain_id=${corp}`);
  } finally {
    await keystone?.stop();
    await slapd.stop();
    rmSync(configDir, { recursive: true });
  }
});
