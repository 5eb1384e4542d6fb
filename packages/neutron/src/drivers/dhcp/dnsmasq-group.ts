import { readFile } from 'node:fs/promises';
import { DriverError } from '@kumo/core/errors';

export interface Group {
  name: string;
  gid: number;
}

/**
 * The group that dnsmasq shall keep, and with it the right to read its networks' files: `dip`, as it does by itself on Debian,
 * else its user's.
 *
 * @throws DriverError when there is no such user or group.
 */
export async function dnsmasqGroup(user: string): Promise<Group> {
  const [accounts, groups] = await Promise.all(['passwd', 'group'].map(async (name) => entries(`/etc/${name}`)));
  const primary = accounts?.find(([name]) => name === user)?.[3];
  const found =
    groups?.find(([name]) => name === 'dip') ?? groups?.find(([, , gid]) => primary !== undefined && gid === primary);
  const [name, , gid] = found ?? [];
  if (name === undefined || gid === undefined)
    throw new DriverError(`dnsmasq cannot run as ${user}: there is no such user with a group (package dnsmasq-base)`);
  return { name, gid: Number(gid) };
}

async function entries(file: string): Promise<string[][]> {
  return (await readFile(file, 'utf8')).split('\n').map((line) => line.split(':'));
}
