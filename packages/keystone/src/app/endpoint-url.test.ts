import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EndpointUrl } from './endpoint-url.ts';

const VALUES = { project_id: 'p1', tenant_id: 'p1', user_id: 'u1' };
const fill = (url: string, values: object = VALUES) => EndpointUrl.parse(url)?.fill(values);

test('an endpoint’s URL is filled in both ways of writing', () => {
  assert.equal(fill('http://a/v3'), 'http://a/v3');
  assert.equal(fill('http://a/%(project_id)s/$(user_id)s'), 'http://a/p1/u1');
  assert.equal(fill('http://a/AUTH_%(tenant_id)s%%'), 'http://a/AUTH_p1%');
  assert.deepEqual(EndpointUrl.parse('http://a/%(tenant_id)s/$(user_id)s')?.needs, ['tenant_id', 'user_id']);
});

test('a value that is not there leaves no URL', () => {
  assert.equal(fill('http://a/%(project_id)s', { user_id: 'u1' }), undefined);
  assert.equal(fill('http://%(compute_host)s/'), undefined);
});

test('OSSA-2014-029: nothing but the known values stands for anything', () => {
  for (const url of [
    'http://a/$(admin_token)s',
    'http://a/%(database)s',
    'http://a/%(__class__)s',
    'http://a/%(project_id)r',
    'http://a/%(project_id)d',
    'http://a/%(project_id)',
    'http://a/%(project_id',
    'http://a/$(project_id',
    'http://a/%s',
    'http://a/%',
    'http://a/%20',
    'http://a/%%%',
  ])
    assert.equal(EndpointUrl.parse(url), undefined, url);
});
