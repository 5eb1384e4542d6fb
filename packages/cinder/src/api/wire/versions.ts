import type { Microversion } from '@kumo/core/context';
import { compareVersion, parseVersion } from '@kumo/core/microversion';

/** Whether a request asked for this microversion or a newer one. */
export function atLeast(version: Microversion | undefined, wanted: string): boolean {
  return version !== undefined && compareVersion(version, parseVersion(wanted)) >= 0;
}
