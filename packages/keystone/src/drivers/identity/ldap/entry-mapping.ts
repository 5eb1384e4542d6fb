import type { DirectoryGroup, DirectoryUser } from '../directory.ts';
import { parseDn } from './distinguished-name.ts';
import { readEnabled } from './enabled.ts';
import { type Entry, firstText, textsOf } from './entry.ts';
import type { GroupTreeOptions, TreeOptions, UserTreeOptions } from './ldap-options.ts';

/** As wide as the column of the id mappings. */
const LONGEST_ID = 255;
/** What no mapping of attributes may set. */
const OURS = new Set([
  'id',
  'name',
  'domain_id',
  'enabled',
  'default_project_id',
  'password',
  'password_expires_at',
  'options',
  'links',
]);

/** The attributes that users are made of. */
export function userAttributes(tree: UserTreeOptions): string[] {
  const { mailAttribute, defaultProjectAttribute, enabled } = tree;
  return attributesOf(tree, [mailAttribute, defaultProjectAttribute, enabled.attribute]);
}

/** The attributes that groups are made of; their members are many, and asked for when they are wanted. */
export function groupAttributes(tree: GroupTreeOptions): string[] {
  return attributesOf(tree, []);
}

/**
 * Undefined for an entry that has no name or no id, and so is nobody.
 * @param isEnabledBy whether the group of enabled users has it, where there is one.
 */
export function userOf(entry: Entry, tree: UserTreeOptions, isEnabledBy?: boolean): DirectoryUser | undefined {
  const named = namedOf(entry, tree);
  if (!named) return undefined;
  const { ignored, enabled } = tree;
  const unread = (name: string) => ignored.has(name);
  const isEnabled = unread('enabled') || (isEnabledBy ?? readEnabled(firstText(entry, enabled.attribute), enabled));
  const project = unread('default_project_id') ? undefined : firstText(entry, tree.defaultProjectAttribute);
  const email = unread('email') ? undefined : firstText(entry, tree.mailAttribute);
  const description = unread('description') ? undefined : firstText(entry, tree.descriptionAttribute);
  return {
    ...named,
    enabled: isEnabled,
    defaultProjectId: project || null,
    extra: {
      ...additionalOf(entry, tree),
      ...(email === undefined ? {} : { email }),
      ...(description === undefined ? {} : { description }),
    },
  };
}

/** Undefined for an entry that has no name or no id. */
export function groupOf(entry: Entry, tree: GroupTreeOptions): DirectoryGroup | undefined {
  const named = namedOf(entry, tree);
  if (!named) return undefined;
  const mapped = additionalOf(entry, tree).description;
  const description = tree.ignored.has('description') ? undefined : firstText(entry, tree.descriptionAttribute);
  return { ...named, description: description ?? (mapped as string | undefined) ?? '' };
}

function attributesOf(tree: TreeOptions, more: readonly (string | undefined)[]): string[] {
  const all = [tree.idAttribute, tree.nameAttribute, tree.descriptionAttribute, ...tree.additional.keys(), ...more];
  return [...new Set(all.filter((one) => one !== undefined))];
}

/** Undefined for an entry that has no name or no id. */
export function namedOf(entry: Entry, tree: TreeOptions): { localId: string; name: string } | undefined {
  const localId = idOf(entry, tree.idAttribute);
  const name = firstText(entry, tree.nameAttribute);
  if (!localId || localId.length > LONGEST_ID || !name || name.trim() === '') return undefined;
  return { localId, name };
}

/** Of several ids the one in the entry's name counts. */
function idOf(entry: Entry, attribute: string): string | undefined {
  const [first, ...others] = textsOf(entry, attribute);
  if (others.length === 0) return first;
  const own = parseDn(entry.dn)?.[0]?.find((part) => part.attribute.toLowerCase() === attribute.toLowerCase());
  return own?.value ?? first;
}

function additionalOf(entry: Entry, { additional, ignored }: TreeOptions): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [attribute, name] of additional) {
    const value = OURS.has(name) || ignored.has(name) ? undefined : firstText(entry, attribute);
    if (value !== undefined) found[name] = value;
  }
  return found;
}
