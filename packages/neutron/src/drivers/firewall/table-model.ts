/**
 * A table of nftables as values, so that two of them can be compared and the difference written as one transaction.
 * `set` covers maps too; an element's key is what stands left of a map's colon.
 */
export interface TableModel {
  /** e.g. `bridge kumo_a`. */
  table: string;
  /** By name: the hook line of a base chain, or undefined, and its rules. */
  chains: Map<string, { hook?: string; rules: readonly string[] }>;
  sets: Map<string, TableSet>;
}

export interface TableSet {
  kind: 'set' | 'map';
  spec: string;
  elements: ReadonlyMap<string, string>;
  /** Holds elements of many ports or networks: those that we do not know of are left in it. */
  shared: boolean;
}

const NOTHING: Pick<TableModel, 'chains' | 'sets'> = { chains: new Map(), sets: new Map() };

/**
 * Commands that turn `before` into `after`. Without `before`, commands that add `after` to whatever the table holds,
 * where chains and unshared sets of the same names are emptied first.
 */
export function changes(after: TableModel, before?: TableModel): string[] {
  const { table } = after;
  const old = before ?? NOTHING;
  return [
    ...(before ? [] : [`add table ${table}`]),
    ...[...after.sets]
      .filter(([name]) => !old.sets.has(name))
      .map(([name, set]) => `add ${set.kind} ${table} ${name} { ${set.spec}; }`),
    ...[...after.chains]
      .filter(([name]) => !old.chains.has(name))
      .map(([name, { hook }]) => `add chain ${table} ${name}${hook ? ` { ${hook}; }` : ''}`),
    ...chainChanges(after, old),
    ...setChanges(after, old, before !== undefined),
    ...[...old.chains.keys()].filter((name) => !after.chains.has(name)).map((name) => `flush chain ${table} ${name}`),
    ...[...old.chains.keys()].filter((name) => !after.chains.has(name)).map((name) => `delete chain ${table} ${name}`),
    ...[...old.sets]
      .filter(([name]) => !after.sets.has(name))
      .map(([name, { kind }]) => `delete ${kind} ${table} ${name}`),
  ];
}

/** Commands that make the table anew, whatever it holds. */
export function replacement(after: TableModel): string[] {
  return [`add table ${after.table}`, `delete table ${after.table}`, ...changes(after)];
}

function chainChanges({ table, chains }: TableModel, old: Pick<TableModel, 'chains'>): string[] {
  return [...chains].flatMap(([name, { rules }]) => {
    const before = old.chains.get(name)?.rules;
    if (before && before.join('\n') === rules.join('\n')) return [];
    return [`flush chain ${table} ${name}`, ...rules.map((rule) => `add rule ${table} ${name} ${rule}`)];
  });
}

function setChanges({ table, sets }: TableModel, old: Pick<TableModel, 'sets'>, known: boolean): string[] {
  return [...sets].flatMap(([name, set]) => {
    const before = old.sets.get(name)?.elements ?? new Map<string, string>();
    const gone = [...before].filter(([key, text]) => set.elements.get(key) !== text).map(([key]) => key);
    const added = [...set.elements].filter(([key, text]) => before.get(key) !== text).map(([, text]) => text);
    return [
      ...(known || set.shared ? [] : [`flush set ${table} ${name}`]),
      ...(gone.length > 0 ? [`delete element ${table} ${name} { ${gone.join(', ')} }`] : []),
      ...(added.length > 0 ? [`add element ${table} ${name} { ${added.join(', ')} }`] : []),
    ];
  });
}
