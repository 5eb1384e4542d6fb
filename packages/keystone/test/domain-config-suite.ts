import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Db } from '@kumo/core/db';
import type { KeystoneTables } from '../src/db/schema.ts';
import type { TestKeystone } from './harness.ts';

const OURS = { identity: { driver: 'ldap' }, ldap: { url: 'ldap://dir.test:389/', user_tree_dn: 'ou=U,dc=x' } };
const DEFAULTS = '/v3/domains/config';

/** A domain's own configuration through the API, on one database. */
export function domainConfigSuite(name: string, cloud: () => TestKeystone, database: () => Db<KeystoneTables>): void {
  const withDomain = async (work: (keystone: TestKeystone, path: string) => Promise<void>) => {
    const keystone = cloud();
    const wanted = { domain: { name: `d-${crypto.randomUUID()}` } };
    const { domain } = await keystone.expect(201, 'POST', '/v3/domains', { body: wanted });
    try {
      await work(keystone, `/v3/domains/${domain.id}/config`);
    } finally {
      await keystone.expect(200, 'PATCH', `/v3/domains/${domain.id}`, { body: { domain: { enabled: false } } });
      await keystone.expect(204, 'DELETE', `/v3/domains/${domain.id}`);
    }
  };

  test(`${name}: a domain's configuration is made, shown, changed and deleted, whole and in parts`, () =>
    withDomain(async (keystone, config) => {
      await keystone.expect(404, 'GET', config);
      await keystone.expect(404, 'GET', `${config}/ldap`);
      const made = await keystone.expect(201, 'PUT', config, { body: { config: OURS } });
      assert.deepEqual(made, { config: OURS });
      assert.deepEqual(await keystone.expect(200, 'GET', config), { config: OURS });
      assert.deepEqual(await keystone.expect(200, 'GET', `${config}/ldap`), { config: { ldap: OURS.ldap } });
      assert.deepEqual(await keystone.expect(200, 'GET', `${config}/ldap/url`), { config: { url: OURS.ldap.url } });
      await keystone.expect(200, 'HEAD', config);
      await keystone.expect(200, 'HEAD', `${config}/ldap`);
      await keystone.expect(200, 'HEAD', `${config}/ldap/url`);
      await keystone.expect(404, 'GET', `${config}/ldap/suffix`);
      const changes = { identity: { list_limit: 7 }, ldap: { url: 'ldap://other' } };
      const merged = { identity: { driver: 'ldap', list_limit: 7 }, ldap: { ...OURS.ldap, url: 'ldap://other' } };
      assert.deepEqual(await keystone.expect(200, 'PATCH', config, { body: { config: changes } }), { config: merged });
      const group = { config: { ldap: { page_size: 10, user_attribute_ignore: ['a', 'b'], use_tls: true } } };
      const grouped = { ...merged, ldap: { ...merged.ldap, ...group.config.ldap } };
      assert.deepEqual(await keystone.expect(200, 'PATCH', `${config}/ldap`, { body: group }), { config: grouped });
      const option = { body: { config: { url: 'ldap://third' } } };
      const third = await keystone.expect(200, 'PATCH', `${config}/ldap/url`, option);
      assert.equal(third.config.ldap.url, 'ldap://third');
      await keystone.expect(204, 'DELETE', `${config}/ldap/url`);
      await keystone.expect(404, 'DELETE', `${config}/ldap/url`);
      await keystone.expect(404, 'PATCH', `${config}/ldap/url`, option);
      await keystone.expect(204, 'DELETE', `${config}/ldap`);
      await keystone.expect(404, 'DELETE', `${config}/ldap`);
      await keystone.expect(404, 'PATCH', `${config}/ldap`, { body: { config: { ldap: { url: 'x' } } } });
      assert.deepEqual(await keystone.expect(200, 'PUT', config, { body: { config: OURS } }), { config: OURS });
      await keystone.expect(204, 'DELETE', config);
      await keystone.expect(404, 'GET', config);
    }));

  test(`${name}: secrets of a domain are never shown, and lie encrypted`, () =>
    withDomain(async (keystone, config) => {
      const ldap = { ...OURS.ldap, url: 'ldap://x/%(password)s', user: 'cn=admin', password: 's3cret-of-domain' };
      const answers = [
        await keystone.call('PUT', config, { body: { config: { ...OURS, ldap } } }),
        await keystone.call('GET', config),
        await keystone.call('GET', `${config}/ldap`),
        await keystone.call('PATCH', `${config}/ldap`, { body: { config: { ldap: { password: 's3cret-2' } } } }),
        await keystone.call('PATCH', `${config}/ldap/password`, { body: { config: { password: 's3cret-3' } } }),
      ];
      for (const { status, body } of answers) {
        assert.ok(status < 300, JSON.stringify(body));
        assert.doesNotMatch(JSON.stringify(body), /s3cret/);
        assert.equal(body.config.ldap.password, undefined);
      }
      assert.equal(answers[0]?.body.config.ldap.url, ldap.url, 'what names a secret is shown as it was given');
      const stored = await database().q.selectFrom('domain_config_options').selectAll().execute();
      const sealed = stored.filter((one) => one.is_sensitive === 1);
      assert.equal(sealed.length, 1);
      assert.doesNotMatch(JSON.stringify(stored), /s3cret/);
      await keystone.expect(404, 'GET', `${config}/ldap/password`);
      await keystone.expect(204, 'DELETE', `${config}/ldap/password`);
      await keystone.expect(404, 'DELETE', `${config}/ldap/password`);
      await keystone.expect(403, 'GET', `${DEFAULTS}/ldap/password/default`);
    }));

  test(`${name}: what domains cannot have is refused, and changes nothing`, () =>
    withDomain(async (keystone, config) => {
      await keystone.expect(201, 'PUT', config, { body: { config: OURS } });
      const refused: [number, string, string, object?][] = [
        [403, 'PUT', config, {}],
        [403, 'PUT', config, { config: {} }],
        [403, 'PUT', config, { config: { ldap: {} } }],
        [403, 'PUT', config, { config: { ldap: 'x' } }],
        [403, 'PUT', config, { config: { assignment: { driver: 'x' } } }],
        [403, 'PUT', config, { config: { ldap: { randomize_urls: true } } }],
        [403, 'PUT', config, { config: { constructor: { name: 'x' } } }],
        [400, 'PUT', config, { config: [] }],
        [400, 'PUT', config, { config: { ldap: { url: { a: 'b' } } } }],
        [400, 'PUT', config, { config: { ldap: { url: 'x'.repeat(5_000) } } }],
        [403, 'PATCH', config, { config: {} }],
        [403, 'PATCH', `${config}/ldap`, { config: { identity: { driver: 'sql' } } }],
        [403, 'PATCH', `${config}/ldap`, { config: { ...OURS } }],
        [403, 'PATCH', `${config}/ldap/url`, { config: { user: 'x' } }],
        [403, 'PATCH', `${config}/ldap/url`, { config: { url: 'x', user: 'y' } }],
        [403, 'PATCH', `${config}/ldap/no_such`, { config: { no_such: 'x' } }],
        [403, 'PATCH', `${config}/nothing`, { config: { nothing: { a: 'b' } } }],
        [403, 'GET', `${config}/nothing`],
        [403, 'GET', `${config}/ldap/no_such`],
        [403, 'DELETE', `${config}/nothing`],
        [403, 'DELETE', `${config}/ldap/no_such`],
      ];
      for (const [status, method, url, body] of refused) await keystone.expect(status, method, url, { body });
      assert.deepEqual(await keystone.expect(200, 'GET', config), { config: OURS });
      const none = `/v3/domains/${'0'.repeat(32)}/config`;
      for (const [method, body] of [
        ['GET'],
        ['PUT', { config: OURS }],
        ['PATCH', { config: OURS }],
        ['DELETE'],
      ] as const)
        await keystone.expect(404, method, none, { body });
    }));

  test(`${name}: defaults of all options, a group and one`, async () => {
    const keystone = cloud();
    const { config } = await keystone.expect(200, 'GET', `${DEFAULTS}/default`);
    assert.deepEqual(Object.keys(config).sort(), ['identity', 'ldap']);
    assert.equal(config.identity.driver, 'sql');
    assert.equal(Object.keys(config.ldap).length, 49);
    assert.deepEqual(
      [config.ldap.url, config.ldap.tls_req_cert, config.ldap.user, config.ldap.pool_retry_delay],
      ['ldap://localhost', 'demand', null, 0.1],
    );
    assert.ok(!('password' in config.ldap) && 'list_limit' in config.identity);
    const group = await keystone.expect(200, 'GET', `${DEFAULTS}/ldap/default`);
    assert.deepEqual(group, { config: { ldap: config.ldap } });
    for (const [option, value] of Object.entries(config.ldap)) {
      const one = await keystone.expect(200, 'GET', `${DEFAULTS}/ldap/${option}/default`);
      assert.deepEqual(one, { config: { [option]: value } });
    }
    await keystone.expect(200, 'HEAD', `${DEFAULTS}/default`);
    await keystone.expect(403, 'GET', `${DEFAULTS}/nothing/default`);
    await keystone.expect(403, 'GET', `${DEFAULTS}/ldap/nothing/default`);
  });

  test(`${name}: anybody may read the rules for passwords, admins and readers of the system the rest`, async () => {
    const keystone = cloud();
    const member = await keystone.logIn('demo', 'demo-secret', { project: 'demo' });
    const unscoped = await keystone.logIn('demo', 'demo-secret', 'unscoped');
    const rules = '/v3/domains/default/config/security_compliance';
    for (const token of [member, unscoped]) {
      const { config } = await keystone.expect(200, 'GET', rules, { token });
      assert.deepEqual(Object.keys(config.security_compliance), ['password_regex', 'password_regex_description']);
      await keystone.expect(200, 'GET', `${rules}/password_regex`, { token });
      await keystone.expect(200, 'GET', `${rules}/password_regex_description`, { token });
      await keystone.expect(200, 'HEAD', rules, { token });
      await keystone.expect(200, 'HEAD', `${rules}/password_regex`, { token });
      await keystone.expect(403, 'GET', `${rules}/lockout_duration`, { token });
      await keystone.expect(403, 'GET', '/v3/domains/elsewhere/config/security_compliance', { token });
      await keystone.expect(403, 'GET', '/v3/domains/default/config', { token });
      await keystone.expect(403, 'GET', `${DEFAULTS}/default`, { token });
      await keystone.expect(403, 'GET', `/v3/domains/${'0'.repeat(32)}/config`, { token });
      await keystone.expect(403, 'PUT', '/v3/domains/default/config', { token, body: { config: OURS } });
    }
    await keystone.expect(401, 'GET', rules, { token: null });
    await keystone.expect(403, 'PATCH', rules, { body: { config: { security_compliance: { password_regex: 'x' } } } });
  });
}
