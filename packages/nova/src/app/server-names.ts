import { randomBytes, randomInt } from 'node:crypto';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';
const PASSWORD_LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789';

/** A host name made of a server's name: what RFC 1123 does not allow becomes a hyphen or is left out. */
export function hostnameOf(name: string, serverId: string): string {
  const made = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[ _.]/g, '-')
    .replace(/[^a-z0-9-]/g, '')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '');
  return made === '' ? `server-${serverId}` : made;
}

/** `r-` and eight letters. */
export function newReservationId(): string {
  return `r-${Array.from(randomBytes(8), (byte) => LETTERS[byte % LETTERS.length]).join('')}`;
}

export function newPassword(): string {
  return Array.from({ length: 12 }, () => PASSWORD_LETTERS[randomInt(PASSWORD_LETTERS.length)]).join('');
}

/** Of several servers asked for at once, each has its number. */
export function numbered(name: string, index: number, count: number): string {
  return count === 1 ? name : `${name}-${index + 1}`;
}
