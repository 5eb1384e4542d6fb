import {
  AndFilter,
  EqualityFilter,
  ExtensibleFilter,
  type Filter,
  OrFilter,
  PresenceFilter,
  SubstringFilter,
} from 'ldapts';
import type { NameSearch } from '../directory.ts';
import { guidBytes } from './entry.ts';
import type { TreeOptions } from './ldap-options.ts';

/** LDAP_MATCHING_RULE_IN_CHAIN of Active Directory: through groups in groups. */
const IN_CHAIN = '1.2.840.113556.1.4.1941';

// Filters are built as objects and go out in BER: a value is never read as a filter, whatever is in it.

/** An attribute has a value. */
export function equals(attribute: string, value: string): Filter {
  return new EqualityFilter({ attribute, value });
}

/** An id, which may be the text of what the directory keeps as bytes. */
export function hasId(attribute: string, id: string): Filter {
  const bytes = guidBytes(id);
  const asText = equals(attribute, id);
  return bytes ? any([asText, new EqualityFilter({ attribute, value: bytes })]) : asText;
}

/** Reachable through any number of groups, as Active Directory works it out. */
export function inChain(attribute: string, dn: string): Filter {
  return new ExtensibleFilter({ matchType: attribute, rule: IN_CHAIN, value: dn });
}

/** Undefined for a search that every entry with a value fits. */
export function matches(attribute: string, { op, value }: NameSearch): Filter | undefined {
  if (op === 'eq') return equals(attribute, value);
  if (value === '') return undefined;
  if (op === 'contains') return new SubstringFilter({ attribute, any: [value] });
  return new SubstringFilter(op === 'startsWith' ? { attribute, initial: value } : { attribute, final: value });
}

export function all(filters: readonly (Filter | undefined)[]): Filter {
  return new AndFilter({ filters: filters.filter((one) => one !== undefined) });
}

export function any(filters: readonly Filter[]): Filter {
  return new OrFilter({ filters: [...filters] });
}

/** What makes an entry a user or a group, and more conditions. */
export function inTree(tree: TreeOptions, ...more: (Filter | undefined)[]): Filter {
  const { objectClass, idAttribute, filter } = tree;
  const kind = equals('objectClass', objectClass);
  return all([kind, new PresenceFilter({ attribute: idAttribute }), filter, ...more]);
}
