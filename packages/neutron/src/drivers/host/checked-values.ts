import { isIP, isIPv4 } from 'node:net';
import { DriverError } from '@kumo/core/errors';

/*
 * Everything below ends in a line of an `ip -batch`, nft or dnsmasq file, where a blank or a line break would start
 * another command; so each value is checked for its form right where it is written.
 */

/** @throws DriverError when `value` is not a name an interface or namespace can bear. */
export function checkedName(value: string): string {
  if (/^[A-Za-z0-9_.-]{1,64}$/.test(value) && !value.startsWith('-')) return value;
  throw new DriverError(`Not a name for an interface, a namespace or an id: ${JSON.stringify(value)}`);
}

/** As `checkedName`, and short enough for the kernel. */
export function checkedInterface(value: string): string {
  if (value.length <= 15) return checkedName(value);
  throw new DriverError(`Interface names have at most 15 characters: ${JSON.stringify(value)}`);
}

/** @returns the address in lower case. */
export function checkedMac(value: string): string {
  if (/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(value)) return value.toLowerCase();
  throw new DriverError(`Not a MAC address: ${JSON.stringify(value)}`);
}

export function checkedIp(value: string): string {
  if (isIP(value) && !value.includes('%')) return value.toLowerCase();
  throw new DriverError(`Not an IP address: ${JSON.stringify(value)}`);
}

/** An address with or without a prefix length. */
export function checkedCidr(value: string): string {
  const [address = '', length, more] = value.split('/');
  checkedIp(address);
  const longest = isIPv4(address) ? 32 : 128;
  if (more === undefined && (length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= longest)))
    return value.toLowerCase();
  throw new DriverError(`Not an address or a prefix: ${JSON.stringify(value)}`);
}

export function checkedInteger(value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new DriverError(`Not an integer from ${min} to ${max}: ${JSON.stringify(value)}`);
}

/** A host or domain name as DHCP and DNS take it. */
export function checkedHostname(value: string): string {
  if (/^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(value)) return value;
  throw new DriverError(`Not a host or domain name: ${JSON.stringify(value)}`);
}
