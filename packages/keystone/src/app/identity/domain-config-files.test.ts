import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLogger } from '@kumo/core/log';
import { optionsIn, readDomainConfigFiles } from './domain-config-files.ts';
import { idFor } from './id-mappings.ts';
import { parseIni } from './ini.ts';
import { substituted } from './option-substitution.ts';

const FILE = `# a comment
[identity]
driver = ldap

[ldap]
url: ldap://a,
  ldap://b
suffix = dc=x,dc=org
user_tree_dn = ou=U,$suffix
group_tree_dn = "ou=G,\${ldap.suffix}"
password = pa$$word # not a comment
user = cn=$nobody
;page_size = 3
use_tls =
[assignment]
driver = other
`;

test('a file of a domain is read as oslo.config reads it', () => {
  const { identity, ldap } = optionsIn(FILE);
  assert.deepEqual(identity, { driver: 'ldap' });
  assert.deepEqual(ldap, {
    url: 'ldap://a,\nldap://b',
    suffix: 'dc=x,dc=org',
    user_tree_dn: 'ou=U,dc=x,dc=org',
    group_tree_dn: 'ou=G,dc=x,dc=org',
    password: 'pa$word # not a comment',
    user: 'cn=$nobody',
    use_tls: '',
  });
});

test('what is no configuration file is refused with its line', () => {
  assert.throws(() => parseIni('[ldap]\nnonsense'), /line 2/);
  assert.throws(() => parseIni('[ldap'), /line 1/);
  assert.throws(() => parseIni('[ldap]\n = x'), /line 2/);
});

test('files are those of the domains that their names say, in folders too', () => {
  const dir = mkdtempSync(join(tmpdir(), 'kumo-domains-'));
  mkdirSync(join(dir, 'more'));
  writeFileSync(join(dir, 'keystone.corp.conf'), FILE, { mode: 0o600 });
  writeFileSync(join(dir, 'more', 'keystone.a.b.conf'), '[identity]\ndriver = sql\n');
  writeFileSync(join(dir, 'keystone.conf'), 'nonsense');
  writeFileSync(join(dir, 'notes.txt'), 'nonsense');
  const found = readDomainConfigFiles(dir, silentLogger);
  rmSync(dir, { recursive: true });
  assert.deepEqual([...found.keys()].sort(), ['a.b', 'corp']);
  assert.deepEqual(found.get('a.b'), { identity: { driver: 'sql' }, ldap: {} });
});

test('secrets are put where a text names them, and nothing else is', () => {
  const secrets = { password: 'a%b' };
  assert.equal(substituted('ldap://x/%(password)s%%', secrets), 'ldap://x/a%b%');
  assert.equal(substituted('plain', secrets), 'plain');
  for (const wrong of ['%(user)s', '%(password)', '100%', '%d', '%(constructor)s'])
    assert.equal(substituted(wrong, secrets), undefined, wrong);
});

test('an id is SHA-256 over domain, kind and local id, as Keystone makes it', () => {
  const expected = 'a2d27fc74a2f61b3a64815e71dad383e0c9e2d6e5678a4a385ed076e6d0041d8';
  assert.equal(idFor('default', 'user', 'ann'), expected);
});
