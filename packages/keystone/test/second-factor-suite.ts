import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Db } from '@kumo/core/db';
import type { KeystoneTables } from '../src/db/schema.ts';
import { ALIKE, endWindows } from './guessing-suite.ts';
import type { TestKeystone } from './harness.ts';
import { newPersonWithDevice, totp } from './passcode-device.ts';
import { logInWith, newPerson, password } from './token-people.ts';

const BOTH = { multi_factor_auth_enabled: true, multi_factor_auth_rules: [['password', 'totp']] };
const ALONE = { multi_factor_auth_rules: [['totp']] };

/** Passcodes as one factor of several, on one database. */
export function secondFactorSuite(engine: string, cloud: () => TestKeystone, database: () => Db<KeystoneTables>): void {
  test(`${engine}: a passcode by itself is no login, unless a user's own rules say so`, async () => {
    const { person, device } = await newPersonWithDevice(cloud());
    const alone = await logInWith(cloud(), { totp: totp(person.id, device.code()) });
    assert.deepEqual([alone.status, alone.body, 'openstack-auth-receipt' in alone.headers], [401, ALIKE, false]);
    const beside = { totp: totp(person.id, device.code(1)), password: password(person.id) };
    const both = await logInWith(cloud(), beside);
    assert.deepEqual([both.status, both.body.token?.methods], [201, ['totp', 'password']]);
    const other = await newPersonWithDevice(cloud(), ALONE);
    assert.equal((await logInWith(cloud(), { totp: totp(other.person.id, other.device.code()) })).status, 201);
  });

  test(`${engine}: of two factors either may come first`, async () => {
    for (const passcodeFirst of [true, false]) {
      const { person, device } = await newPersonWithDevice(cloud(), BOTH);
      const factors = [{ totp: totp(person.id, device.code()) }, { password: password(person.id) }];
      const [first, second] = (passcodeFirst ? factors : factors.toReversed()) as [object, object];
      const begun = await logInWith(cloud(), { ...first });
      assert.equal(begun.status, 401);
      const receipt = begun.headers['openstack-auth-receipt'] as string;
      assert.deepEqual(begun.body.receipt.methods, Object.keys(first));
      assert.equal((await logInWith(cloud(), { ...second }, { receipt })).status, 201);
    }
  });

  test(`${engine}: wrong passcodes end the looking at passcodes of the account, from everywhere`, async () => {
    const { person, device } = await newPersonWithDevice(cloud(), ALONE);
    const guesses = await Promise.all(
      Array.from({ length: 60 }, () => logInWith(cloud(), { totp: totp(person.id, device.wrong()) })),
    );
    for (const { status, body } of guesses) assert.deepEqual([status, body], [401, ALIKE]);
    const right = () => logInWith(cloud(), { totp: totp(person.id, device.code()) });
    const late = await right();
    assert.deepEqual([late.status, late.body], [401, ALIKE]);
    await endWindows(database());
    assert.equal((await right()).status, 201);
  });

  test(`${engine}: a second factor is bounded as well, with a receipt and without`, async () => {
    for (const withReceipt of [true, false]) {
      const { person, device } = await newPersonWithDevice(cloud(), BOTH);
      const begin = async () => {
        const begun = await logInWith(cloud(), { password: password(person.id) });
        return begun.headers['openstack-auth-receipt'] as string;
      };
      const receipt = await begin();
      const show = (code: string) =>
        withReceipt
          ? logInWith(cloud(), { totp: totp(person.id, code) }, { receipt })
          : logInWith(cloud(), { totp: totp(person.id, code), password: password(person.id) });
      for (let n = 0; n < 10; n++) assert.equal((await show(device.wrong())).status, 401);
      assert.equal((await show(device.code())).status, 401);
      await endWindows(database());
      assert.equal((await show(device.code())).status, 201);
    }
  });

  test(`${engine}: strangers who send passcodes keep nobody out who knows the password`, async () => {
    const { person, device } = await newPersonWithDevice(cloud(), BOTH);
    for (let n = 0; n < 15; n++) {
      await logInWith(cloud(), { totp: totp(person.id, device.wrong()) });
      const wrongBoth = { password: password(person.id, 'guessed'), totp: totp(person.id, device.wrong()) };
      if (n < 4) await logInWith(cloud(), wrongBoth);
    }
    const both = { password: password(person.id), totp: totp(person.id, device.code()) };
    assert.equal((await logInWith(cloud(), both)).status, 201);
    // A receipt of a passcode is no other factor, nor is somebody else's password.
    const other = await newPerson(cloud());
    const mixed = { password: password(other.id), totp: totp(person.id, device.code(1)) };
    assert.equal((await logInWith(cloud(), mixed)).status, 401);
  });
}
