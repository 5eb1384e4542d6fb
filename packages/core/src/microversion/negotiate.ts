import type { Microversion } from '../context/index.ts';
import { defineError } from '../errors/index.ts';
import { compareVersion, parseVersion, tryParseVersion } from './version.ts';

/** 406: well-formed, but outside the service's range. */
export const versionNotSupported = defineError(
  'notAcceptable',
  'InvalidGlobalAPIVersion',
  'Version {version} is not supported by the API. Minimum is {min} and maximum is {max}.',
);

/** 400: no version at all. */
export const versionMalformed = defineError(
  'badRequest',
  'InvalidAPIVersionString',
  'API Version String {version} is of invalid format. Must be of format MajorNum.MinorNum.',
);

export interface VersionRange {
  /** The service's name in `OpenStack-API-Version`, e.g. `compute`. */
  readonly type: string;
  /** An older header that holds the version alone, e.g. `X-OpenStack-Nova-API-Version`. */
  readonly legacyHeader?: string;
  readonly min: string;
  readonly max: string;
}

/** Header values as Node gives them: names in lower case. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

const LONGEST_ECHO = 64;

/**
 * The version a request asks for: `OpenStack-API-Version: compute 2.60, placement 1.2`, else the older header, else the
 * minimum; of several entries for one service the last counts; `latest` is the maximum. Throws `versionMalformed` or `versionNotSupported`.
 * Source: the API working group's microversion specification.
 */
export function negotiate(headers: RequestHeaders, range: VersionRange): Microversion {
  const asked = standardHeader(headers, range.type) ?? legacyHeader(headers, range.legacyHeader);
  if (asked === undefined) return parseVersion(range.min);
  if (asked.toLowerCase() === 'latest') return parseVersion(range.max);
  const version = tryParseVersion(asked);
  if (!version) throw versionMalformed({ version: asked.slice(0, LONGEST_ECHO) });
  if (compareVersion(version, range.min) < 0 || compareVersion(version, range.max) > 0) {
    throw versionNotSupported({ version: asked, min: range.min, max: range.max });
  }
  return version;
}

function standardHeader(headers: RequestHeaders, type: string): string | undefined {
  const wanted = type.toLowerCase();
  for (const entry of headerText(headers, 'openstack-api-version')?.split(',').toReversed() ?? []) {
    const [service, ...version] = entry.trim().split(/\s+/);
    if (service?.toLowerCase() === wanted && version.length > 0) return version.join(' ');
  }
  return undefined;
}

function legacyHeader(headers: RequestHeaders, name: string | undefined): string | undefined {
  const text = name === undefined ? undefined : headerText(headers, name.toLowerCase());
  return text?.split(',').at(-1)?.trim() || undefined;
}

function headerText(headers: RequestHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' || value === undefined ? value : value.join(',');
}
