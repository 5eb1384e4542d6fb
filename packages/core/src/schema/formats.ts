import { isIP, isIPv4, isIPv6 } from 'node:net';

const UUID = /^(?:[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/i;
const DATE_TIME = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?$/;
const MAC = /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/i;
const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/i;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Whether a text is a UUID, with or without hyphens. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** Whether a text is an address with a prefix length, e.g. `10.0.0.0/24`; host bits may be set. */
export function isCidr(text: string): boolean {
  const slash = text.indexOf('/');
  if (slash < 0 || !/^(?:0|[1-9]\d{0,2})$/.test(text.slice(slash + 1))) return false;
  const family = isIP(text.slice(0, slash));
  return family !== 0 && Number(text.slice(slash + 1)) <= (family === 4 ? 32 : 128);
}

/** The one text of an address (IPv6 as in RFC 5952, all of it hexadecimal); undefined for what is no address, and for one with a zone. */
export function canonicalIp(text: string): string | undefined {
  const version = isIP(text);
  if (version === 0 || text.includes('%')) return undefined;
  return version === 4 ? text : new URL(`http://[${text}]`).hostname.slice(1, -1);
}

/** Whether a text is a point in time as OpenStack's clients write it: ISO 8601 date or date and time, with or without a zone. */
export function isDateTime(text: string): boolean {
  return DATE_TIME.test(text) && !Number.isNaN(Date.parse(text.replace(' ', 'T').replace(',', '.')));
}

/** Whether a text is a host name of at most 253 characters in labels of at most 63. */
export function isHostname(text: string): boolean {
  return (
    text.length > 0 &&
    text.length <= 253 &&
    text
      .replace(/\.$/, '')
      .split('.')
      .every((label) => LABEL.test(label))
  );
}

function isAbsoluteUri(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:/i.test(text) && URL.canParse(text);
}

/** What `format` may name in a schema of ours; registered in Ajv by `core/http`. */
export const formats: Readonly<Record<string, (text: string) => boolean>> = {
  uuid: isUuid,
  'date-time': isDateTime,
  ip: (text) => isIP(text) !== 0,
  ipv4: isIPv4,
  ipv6: isIPv6,
  cidr: isCidr,
  mac: (text) => MAC.test(text),
  hostname: isHostname,
  uri: isAbsoluteUri,
  // Line breaks are usual in what `base64` prints.
  base64: (text) => BASE64.test(text.replace(/\s/g, '')),
  'not-blank': (text) => text.trim() !== '',
};
