import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maskFields } from '../../src/log/mask-fields.ts';

test('secrets are masked whatever their value is, to three objects deep, and the fields themselves stay as they were', () => {
  const fields = {
    token: { id: 'geheim' },
    user_data: 'geheim',
    server: { name: 'one', adminPass: 17, list: [{ secret: ['geheim'] }, { name: 'two' }] },
    headers: { 'x-auth-token': 'geheim' },
    nothing: { password: undefined, none: null },
  };
  const before = structuredClone(fields);
  assert.deepEqual(maskFields(fields), {
    token: '***',
    user_data: '***',
    server: { name: 'one', adminPass: '***', list: [{ secret: ['geheim'] }, { name: 'two' }] },
    headers: { 'x-auth-token': '***' },
    nothing: { password: undefined, none: null },
  });
  assert.deepEqual(maskFields({ servers: [{ adminPass: 17 }] }), { servers: [{ adminPass: '***' }] });
  assert.deepEqual(fields, before);
});

test('what holds no secret is given back as it is', () => {
  const circle: Record<string, unknown> = { bytes: Buffer.alloc(1 << 20), at: new Date(), error: new Error('x') };
  circle.circle = circle;
  assert.equal(maskFields(circle), circle);
});

test('the error of a line is left to its serializer; other errors are fields like others', () => {
  const error = Object.assign(new Error('x'), { token: { id: 'geheim' } });
  assert.equal(maskFields({ err: error }).err, error);
  assert.deepEqual(maskFields({ cause: error }), { cause: { token: '***' } });
  assert.deepEqual(maskFields({ task: { error } }), { task: { error: { token: '***' } } });
});
