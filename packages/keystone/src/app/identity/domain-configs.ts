import type { Db } from '@kumo/core/db';
import type { Logger } from '@kumo/core/log';
import { type ChangeTag, projectTag } from '../../db/change-tags.ts';
import type { Changes } from '../../db/changes.ts';
import { deleteOptions, optionsOfDomain, putOptions, type StoredOption } from '../../db/domain-configs.ts';
import type { Project } from '../../db/projects.ts';
import type { KeystoneTables } from '../../db/schema.ts';
import { domainConfigNotFound, invalidDomainConfig, notFound } from '../../errors.ts';
import type { FernetKeyring } from '../../tokens/fernet-keyring.ts';
import type { VersionedCache } from '../versioned-cache.ts';
import type { DomainOptions, OptionNames } from './domain-options.ts';
import { substituted } from './option-substitution.ts';

const domainConfigTag = (domainId: string): ChangeTag => `domain-config ${domainId}`;

interface DomainConfigsParts {
  readonly db: Db<KeystoneTables>;
  readonly changes: Changes;
  readonly cache: VersionedCache;
  readonly domainOf: (domainId: string) => Promise<Project | undefined>;
  readonly keys: FernetKeyring;
  readonly names: OptionNames;
  readonly log: Logger;
}

interface Place {
  readonly group?: string;
  readonly option?: string;
}

/** What domains have configured for themselves through the API. Secrets lie encrypted, and nothing shows them. */
export class DomainConfigs {
  readonly #parts: DomainConfigsParts;

  constructor(parts: DomainConfigsParts) {
    this.#parts = parts;
  }

  /** All that is not secret, of a group or one option: `{group: {option: value}}`, or `{option: value}`. @throws domainConfigNotFound */
  async show(domainId: string, place: Place = {}): Promise<Record<string, unknown>> {
    this.#parts.names.check(place.group, place.option);
    const stored = (await optionsOfDomain(this.#parts.db.q, domainId)).filter(
      (one) => !one.isSensitive && isAt(one, place),
    );
    if (stored.length === 0) throw missing(domainId, place);
    const read = readable(stored);
    return place.option === undefined ? grouped(read) : { [place.option]: read[0]?.value };
  }

  /** In place of whatever was there. @returns whether there was nothing before. @throws notFound, invalidDomainConfig */
  async replace(domainId: string, options: DomainOptions): Promise<{ shown: Record<string, unknown>; isNew: boolean }> {
    const { names, changes } = this.#parts;
    await this.#requireDomain(domainId);
    names.checkAll(options);
    await this.#parts.keys.fresh();
    const stored = this.#toStored(options);
    const isNew = await changes.write(
      async (tx) => {
        const before = await optionsOfDomain(tx, domainId);
        await deleteOptions(tx, domainId);
        await putOptions(tx, domainId, stored);
        return before.length === 0;
      },
      [domainConfigTag(domainId)],
    );
    return { shown: grouped(readable(stored.filter((one) => !one.isSensitive))), isNew };
  }

  /**
   * Sets options, those of one group or one option only when `place` says so; these must be there already.
   * @throws notFound, domainConfigNotFound, invalidDomainConfig
   */
  async update(domainId: string, options: DomainOptions, place: Place = {}): Promise<Record<string, unknown>> {
    const { names, changes } = this.#parts;
    await this.#requireDomain(domainId);
    names.checkAll(options);
    names.check(place.group, place.option);
    checkPlace(options, place);
    await this.#parts.keys.fresh();
    const stored = this.#toStored(options);
    await changes.write(
      async (tx) => {
        const before = await optionsOfDomain(tx, domainId);
        if (place.group !== undefined && !before.some((one) => isAt(one, place))) throw missing(domainId, place);
        await putOptions(tx, domainId, stored);
      },
      [domainConfigTag(domainId)],
    );
    return this.show(domainId);
  }

  /** @throws notFound, invalidDomainConfig; domainConfigNotFound for a group or an option that is not there. */
  async delete(domainId: string, place: Place = {}): Promise<void> {
    await this.#requireDomain(domainId);
    this.#parts.names.check(place.group, place.option);
    await this.#parts.changes.write(
      async (tx) => {
        const before = await optionsOfDomain(tx, domainId);
        const { group } = place;
        if (group !== undefined && !before.some((one) => one.group === group)) throw missing(domainId, { group });
        if (place.option !== undefined && !before.some((one) => isAt(one, place))) throw missing(domainId, place);
        await deleteOptions(tx, domainId, group, place.option);
      },
      [domainConfigTag(domainId)],
    );
  }

  /**
   * With secrets, and these put where options name them; undefined when the domain has none. For drivers alone. The same
   * object as long as nothing of it has changed.
   */
  async withSecrets(domainId: string): Promise<DomainOptions | undefined> {
    const { cache, db } = this.#parts;
    const load = async () => {
      const stored = await optionsOfDomain(db.q, domainId);
      return { options: stored.length === 0 ? undefined : await this.#complete(domainId, stored) };
    };
    // With its domain it is gone, and another domain of the same id has nothing of it.
    const about = [domainConfigTag(domainId), projectTag(domainId)];
    return (await cache.get(`domain-config ${domainId}`, load, about)).options;
  }

  async #complete(domainId: string, stored: readonly StoredOption[]): Promise<DomainOptions> {
    const read = await Promise.all(
      stored.map(async (one) => ({
        ...one,
        value: JSON.parse(one.isSensitive ? await this.#decrypt(one) : one.value) as unknown,
      })),
    );
    const secrets = Object.fromEntries(read.filter((one) => one.isSensitive).map((one) => [one.option, one.value]));
    return grouped(
      read.map((one) => {
        if (one.isSensitive || typeof one.value !== 'string') return one;
        const value = substituted(one.value, secrets);
        if (value === undefined)
          this.#parts.log.warn(
            { domainId, group: one.group, option: one.option },
            'an option of a domain names another one that is not there, or is written wrongly',
          );
        return { ...one, value: value ?? one.value };
      }),
    ) as DomainOptions;
  }

  #toStored(options: DomainOptions): StoredOption[] {
    const { names, keys } = this.#parts;
    return Object.entries(options).flatMap(([group, values]) =>
      Object.entries(values).map(([option, value]) => {
        const isSensitive = names.isSensitive(group, option);
        const text = JSON.stringify(value);
        const kept = isSensitive ? keys.encrypt(Buffer.from(text)) : text;
        return { group, option, value: kept, isSensitive };
      }),
    );
  }

  async #decrypt({ value, option }: StoredOption): Promise<string> {
    const opened = await this.#parts.keys.decrypt(value);
    if (!opened) throw new Error(`option ${option} of a domain was encrypted with a key that is not here`);
    return opened.plain.toString('utf8');
  }

  async #requireDomain(domainId: string): Promise<void> {
    if (!(await this.#parts.domainOf(domainId))) throw notFound({ kind: 'domain', id: domainId });
  }
}

function readable(stored: readonly StoredOption[]): { group: string; option: string; value: unknown }[] {
  return stored.map((one) => ({ ...one, value: JSON.parse(one.value) }));
}

function isAt(one: { group: string; option: string }, { group, option }: Place): boolean {
  return (group === undefined || one.group === group) && (option === undefined || one.option === option);
}

/** A request for a group or an option sets that alone. */
function checkPlace(options: DomainOptions, { group, option }: Place): void {
  if (group === undefined) return;
  const groups = Object.keys(options);
  const given = Object.keys(options[group] ?? {});
  const what = option === undefined ? `group ${group}` : `option ${option} in group ${group}`;
  const refuse = (reason: string) => {
    throw invalidDomainConfig({ reason });
  };
  if (option !== undefined && (groups.length !== 1 || given.length !== 1))
    refuse(`Trying to update ${what}, so that, and only that, option must be specified  in the config`);
  if (groups.length !== 1)
    refuse(`Trying to update ${what}, so that, and only that, group must be specified in the config`);
  if (groups[0] !== group) refuse(`request to update ${what}, but config provided contains group ${groups[0]} instead`);
  if (option !== undefined && given[0] !== option)
    refuse(`Trying to update ${what}, but config provided contains option ${given[0]} instead`);
}

function grouped(options: readonly { group: string; option: string; value: unknown }[]): Record<string, unknown> {
  const found: Record<string, Record<string, unknown>> = {};
  for (const { group, option, value } of options) {
    found[group] ??= {};
    found[group][option] = value;
  }
  return found;
}

function missing(domainId: string, { group, option }: Place): Error {
  const what = option === undefined ? `group ${group}` : `option ${option} in group ${group}`;
  return domainConfigNotFound({ what: group === undefined ? 'any options' : what, domainId });
}
