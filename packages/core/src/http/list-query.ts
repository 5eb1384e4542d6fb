import { badRequest } from '../errors/index.ts';

export interface Sort<K extends string = string> {
  readonly key: K;
  readonly direction: 'asc' | 'desc';
}

/**
 * How many rows a page has: what was asked for, within the service's bound; without a limit the bound itself. A limit of 0
 * asks for none; Neutron alone takes it for no limit, and tells it apart before.
 */
export function pageSize(limit: number | undefined, max: number): number {
  return limit === undefined ? max : Math.min(limit, max);
}

/**
 * The order asked for by `sort=a:asc,b` or by `sort_key`/`sort_dir` pairs. Directions that are missing are the first one
 * given, else `options.direction`. Empty when nothing was asked for.
 *
 * @param options.keys wire names that can be sorted by, with what they are called inside.
 * @throws badRequest naming a key that cannot be sorted by, or a direction that is none.
 */
export function sortsOf<K extends string>(
  query: { readonly sort?: string; readonly sort_key?: readonly string[]; readonly sort_dir?: readonly string[] },
  options: { readonly keys: Readonly<Record<string, K>>; readonly direction?: 'asc' | 'desc' },
): Sort<K>[] {
  const { direction = 'desc' } = options;
  const wanted =
    query.sort === undefined ? pairs(query.sort_key ?? [], query.sort_dir ?? []) : query.sort.split(',').map(split);
  const [first] = query.sort === undefined ? (query.sort_dir ?? []) : [];
  return wanted.map(({ key, order = first ?? direction }) => {
    const known = Object.hasOwn(options.keys, key) ? options.keys[key] : undefined;
    if (known === undefined)
      throw badRequest({
        message: `Sort key ${key.slice(0, 64)} is invalid: it is none of ${Object.keys(options.keys).join(', ')}.`,
      });
    const lower = order.toLowerCase();
    if (lower !== 'asc' && lower !== 'desc')
      throw badRequest({ message: `Sort direction ${order.slice(0, 64)} is invalid: it is neither asc nor desc.` });
    return { key: known, direction: lower };
  });
}

/** Only the fields asked for (`fields=id&fields=name` or `fields=id,name`); everything when none is. Unknown names are ignored. */
export function pickFields<T extends object>(row: T, fields: readonly string[] | undefined): Partial<T> {
  if (fields === undefined || fields.length === 0) return row;
  const wanted = new Set(fields.flatMap((field) => field.split(',')));
  return Object.fromEntries(Object.entries(row).filter(([name]) => wanted.has(name))) as Partial<T>;
}

function pairs(keys: readonly string[], orders: readonly string[]): { key: string; order?: string }[] {
  return keys.map((key, index) => ({ key, order: orders[index] }));
}

function split(text: string): { key: string; order?: string } {
  const [key = '', order] = text.trim().split(':', 2);
  return { key, order };
}
