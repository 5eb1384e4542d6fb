import { randomBytes } from 'node:crypto';
import { passcodeOf } from '../src/app/auth-methods/one-time-password.ts';
import type { TestKeystone } from './harness.ts';
import { newPerson, type Person } from './token-people.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const PERIOD_MS = 30_000;

/** A person's device. Its codes are those of now, and are used up one after the other. */
export interface Device {
  readonly secret: Buffer;
  /** @param back the code of so many periods ago. */
  code(back?: number): string;
  /** One that is right at no time near. */
  wrong(): string;
}

/** A new passcode device of a user. */
export async function newDevice(keystone: TestKeystone, userId: string): Promise<Device> {
  const secret = randomBytes(20);
  const bits = [...secret].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const blob = (bits.match(/.{5}/g) ?? []).map((five) => ALPHABET[Number.parseInt(five, 2)]).join('');
  await keystone.expect(201, 'POST', '/v3/credentials', {
    body: { credential: { type: 'totp', blob, user_id: userId } },
  });
  const period = () => Math.floor(Date.now() / PERIOD_MS);
  const code = (back = 0) => passcodeOf(secret, period() - back);
  const wrong = () => {
    const near = [-2, -1, 0, 1, 2, 3].map(code);
    return ['000000', '000001', '000002', '000003', '000004', '000005', '000006'].find((one) => !near.includes(one))!;
  };
  return { secret, code, wrong };
}

export async function newPersonWithDevice(
  keystone: TestKeystone,
  options: object = {},
): Promise<{ person: Person; device: Device }> {
  const person = await newPerson(keystone, options);
  return { person, device: await newDevice(keystone, person.id) };
}

/** Part of `identity` for a passcode. */
export const totp = (id: string, passcode: string) => ({ user: { id, passcode } });
