import type { CloudOptions } from '../src/cloud.ts';
import type { Content } from './content.ts';

export type Settings = Readonly<Record<string, Readonly<Record<string, string | number | boolean>>>>;

/** What of Tempest is run for a service, and what is known about tests that do not pass. */
export interface Area {
  /** Selects tests by id (a Python regular expression). */
  readonly tests: string;
  /** Debian packages with the tests. */
  readonly packages: readonly string[];
  readonly cloud: CloudOptions;
  /** Sections of tempest.conf beside the common ones. */
  settings(content: Content): Settings;
  /** Why tests do not pass whose id, or reason for being skipped, matches. */
  readonly reasons: readonly { readonly match: RegExp; readonly reason: string }[];
}
