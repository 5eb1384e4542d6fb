import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  compareVersion,
  formatVersion,
  negotiate,
  parseVersion,
  versionMalformed,
  versionNotSupported,
} from './index.ts';

const range = { type: 'compute', legacyHeader: 'X-OpenStack-Nova-API-Version', min: '2.1', max: '2.96' };
const ask = (header: string | string[]) => formatVersion(negotiate({ 'openstack-api-version': header }, range));

test('versions compare by number', () => {
  assert.ok(compareVersion('2.9', '2.10') < 0);
  assert.ok(compareVersion('3.0', '2.96') > 0);
  assert.equal(compareVersion(parseVersion('2.60'), '2.60'), 0);
  assert.throws(() => parseVersion('2.060'), RangeError);
});

test('the header forms clients use', () => {
  assert.equal(formatVersion(negotiate({}, range)), '2.1');
  assert.equal(ask('compute 2.60'), '2.60');
  assert.equal(ask('compute 2.60, placement 1.2'), '2.60');
  assert.equal(ask('placement 1.2,Compute  latest'), '2.96');
  assert.equal(ask(['placement 1.2', 'compute 2.3']), '2.3');
  assert.equal(ask('compute 2.3, compute 2.4'), '2.4');
  assert.equal(ask('placement 1.2'), '2.1');
  assert.equal(ask('compute'), '2.1');
  assert.equal(formatVersion(negotiate({ 'x-openstack-nova-api-version': '2.79' }, range)), '2.79');
  assert.equal(formatVersion(negotiate({ 'x-openstack-nova-api-version': 'latest' }, range)), '2.96');
  const both = { 'x-openstack-nova-api-version': '2.79', 'openstack-api-version': 'compute 2.80' };
  assert.equal(formatVersion(negotiate(both, range)), '2.80');
});

test('406 outside the range, 400 for what is no version', () => {
  for (const version of ['2.999', '2.0', '3.1', '1.5']) {
    assert.throws(
      () => ask(`compute ${version}`),
      (error: unknown) =>
        versionNotSupported.is(error) &&
        error.kind === 'notAcceptable' &&
        error.message === `Version ${version} is not supported by the API. Minimum is 2.1 and maximum is 2.96.`,
    );
  }
  for (const version of ['abc', '2', '2.', '02.1', '2.01', '2.1.1', '-2.1', '2.1 x', '2.99999999999999999999']) {
    assert.throws(
      () => ask(`compute ${version}`),
      (error: unknown) =>
        versionMalformed.is(error) &&
        error.message === `API Version String ${version} is of invalid format. Must be of format MajorNum.MinorNum.`,
    );
  }
});

test('an overlong version is not echoed whole', () => {
  assert.throws(
    () => ask(`compute ${'9'.repeat(10_000)}`),
    (error: unknown) => versionMalformed.is(error) && error.message.length < 200,
  );
});
