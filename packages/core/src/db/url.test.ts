import assert from 'node:assert/strict';
import { test } from 'node:test';
import { databaseUrlInvalid } from './errors.ts';
import { parseDatabaseUrl } from './url.ts';

test('the three kinds of URL', () => {
  assert.deepEqual(parseDatabaseUrl('sqlite:/var/lib/kumo/nova.db', 'nova'), {
    dialect: 'sqlite',
    path: '/var/lib/kumo/nova.db',
  });
  assert.deepEqual(parseDatabaseUrl('sqlite:///var/lib/kumo/nova.db', 'nova'), {
    dialect: 'sqlite',
    path: '/var/lib/kumo/nova.db',
  });
  const parsed = parseDatabaseUrl('mysql://me:p%40ss@[::1]:3307/nova?pool=5&tls=true', 'nova');
  assert.deepEqual(parsed, {
    dialect: 'mysql',
    server: {
      user: 'me',
      password: 'p@ss',
      host: '::1',
      port: 3307,
      socketPath: undefined,
      database: 'nova',
      poolSize: 5,
      tls: { rejectUnauthorized: true },
    },
  });
  assert.equal(parseDatabaseUrl('postgresql://h/db', 'nova').dialect, 'postgres');
});

test('a wrong one is named without its password', () => {
  for (const url of [
    '',
    'nova.db',
    'sqlite:',
    'oracle://a:geheim@h/d',
    'mysql://a:geheim@h',
    'mysql://a:geheim@h/d?pool=0',
    'postgres://a:geheim@h/d?sslmode=x',
  ]) {
    assert.throws(
      () => parseDatabaseUrl(url, 'nova'),
      (error) => databaseUrlInvalid.is(error) && !error.message.includes('geheim'),
    );
  }
});
