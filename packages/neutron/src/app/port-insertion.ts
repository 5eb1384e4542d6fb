import { randomBytes, randomUUID } from 'node:crypto';
import { isUniqueViolation, nowIso } from '@kumo/core/db';
import type { PortRow } from '../db/records.ts';
import type { Tx } from '../db/table.ts';
import { portRows } from '../db/tables.ts';

export type NewPortRow = Pick<PortRow, 'projectId' | 'networkId'> & Partial<PortRow>;

/** OpenStack's prefix and three random octets. */
export function newMac(): string {
  return `fa:16:3e:${(randomBytes(3).toString('hex').match(/../g) as string[]).join(':')}`;
}

/** Inserts a port's row, with a new MAC unless one is given. A MAC that is taken violates the table's key. */
export async function insertPort(tx: Tx, given: NewPortRow): Promise<{ id: string; macAddress: string }> {
  const id = given.id ?? randomUUID();
  const macAddress = given.macAddress ?? newMac();
  const hostId = given.hostId ?? '';
  await portRows.insert(tx, {
    name: '',
    description: '',
    adminStateUp: true,
    status: 'DOWN',
    deviceId: '',
    deviceOwner: '',
    portSecurityEnabled: true,
    allowedAddressPairs: [],
    extraDhcpOpts: [],
    dnsName: '',
    dnsNamedAt: nowIso(),
    vnicType: 'normal',
    vifType: hostId === '' ? 'unbound' : 'bridge',
    bindingProfile: {},
    ...given,
    id,
    macAddress,
    hostId,
  });
  return { id, macAddress };
}

const MAC_TRIES = 8;

/** Runs `work` again while the random MACs that it chose hit taken ones. */
export async function withFreshMacs<T>(hasOwnMac: boolean, work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (hasOwnMac || tries >= MAC_TRIES || !isUniqueViolation(error)) throw error;
    }
  }
}
