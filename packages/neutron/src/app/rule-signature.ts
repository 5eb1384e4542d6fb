import type { SecurityGroupRule } from '../db/records.ts';

type Telling = Pick<
  SecurityGroupRule,
  'direction' | 'ethertype' | 'protocol' | 'portRangeMin' | 'portRangeMax' | 'remoteIpPrefix' | 'remoteGroupId'
>;

/** Two rules of a group with the same signature say the same. */
export function signatureOf(rule: Telling): string {
  const { direction, ethertype, protocol, portRangeMin, portRangeMax, remoteIpPrefix, remoteGroupId } = rule;
  return [direction, ethertype, protocol, portRangeMin, portRangeMax, remoteIpPrefix, remoteGroupId]
    .map((part) => part ?? '')
    .join('|');
}
