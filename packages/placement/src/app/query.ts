import { badQuery } from '../errors.ts';

/** Traits asked for: all of `required`, none of `forbidden`, and one of each list in `anyOf`. */
export interface TraitQuery {
  required: string[];
  forbidden: string[];
  anyOf: string[][];
}

/** Aggregates asked for: a member of one of each list in `anyOf`, of none in `forbidden`. */
export interface AggregateQuery {
  anyOf: string[][];
  forbidden: string[];
}

/** `VCPU:2,MEMORY_MB:1024` as amounts. @throws badQuery when a class comes twice. */
export function parseAmounts(text: string): Map<string, number> {
  const amounts = new Map<string, number>();
  for (const part of text.split(',')) {
    const [name, amount] = part.split(':') as [string, string];
    if (amounts.has(name)) throw badQuery({ message: `Resource class ${name} is specified twice in resources.` });
    amounts.set(name, Number(amount));
  }
  return amounts;
}

/** `A,!B` (1.22) and `in:A,B` (1.39). @throws badQuery for a form younger than the minor version, or a contradiction. */
export function parseTraits(values: readonly string[] | undefined, minor: number): TraitQuery {
  const query: TraitQuery = { required: [], forbidden: [], anyOf: [] };
  if (values && values.length > 1 && minor < 39)
    throw badQuery({ message: 'required can only be specified once before microversion 1.39.' });
  for (const value of values ?? []) {
    if (value.startsWith('in:')) {
      if (minor < 39)
        throw badQuery({
          message: "The format 'in:HW_CPU_X86_VMX,CUSTOM_MAGIC' only supported since microversion 1.39.",
        });
      if (value.includes('!'))
        throw badQuery({ message: `Mixing 'in:' with forbidden traits is not allowed: ${value}` });
      query.anyOf.push(value.slice(3).split(','));
      continue;
    }
    for (const name of value.split(',')) {
      if (!name.startsWith('!')) query.required.push(name);
      else if (minor >= 22) query.forbidden.push(name.slice(1));
      else throw badQuery({ message: `Forbidden traits are only supported since microversion 1.22: ${name}` });
    }
  }
  const both = query.required.find((name) => query.forbidden.includes(name));
  if (both) throw badQuery({ message: `Conflicting required and forbidden trait ${both}.` });
  return query;
}

/** `<uuid>`, `in:<uuid>,<uuid>`, and with `!` before either (1.32); repeated from 1.24 on. */
export function parseMemberOf(values: readonly string[] | undefined, minor: number): AggregateQuery {
  const query: AggregateQuery = { anyOf: [], forbidden: [] };
  if (values && values.length > 1 && minor < 24)
    throw badQuery({ message: 'member_of can only be specified once before microversion 1.24.' });
  for (const value of values ?? []) {
    const isForbidden = value.startsWith('!');
    if (isForbidden && minor < 32)
      throw badQuery({ message: 'Forbidden member_of parameters are not supported before microversion 1.32.' });
    const text = isForbidden ? value.slice(1) : value;
    const isList = text.startsWith('in:');
    if (!isList && text.includes(','))
      throw badQuery({ message: `Multiple aggregates need the form in:<uuid>,<uuid>: ${value}` });
    const uuids = (isList ? text.slice(3) : text).split(',');
    if (isForbidden) query.forbidden.push(...uuids);
    else query.anyOf.push(uuids);
  }
  return query;
}

export const asksTraits = (query: TraitQuery): boolean =>
  query.required.length + query.forbidden.length + query.anyOf.length > 0;

export function traitsFit(query: TraitQuery, has: ReadonlySet<string>): boolean {
  return (
    query.required.every((name) => has.has(name)) &&
    !query.forbidden.some((name) => has.has(name)) &&
    query.anyOf.every((names) => names.some((name) => has.has(name)))
  );
}

export function aggregatesFit(query: AggregateQuery, memberOf: ReadonlySet<string>): boolean {
  return (
    query.anyOf.every((uuids) => uuids.some((uuid) => memberOf.has(uuid))) &&
    !query.forbidden.some((uuid) => memberOf.has(uuid))
  );
}
