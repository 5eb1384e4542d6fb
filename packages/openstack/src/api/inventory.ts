import { existsSync, globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** An answer that a test must have seen. */
export interface Step {
  readonly success: readonly number[];
  /** Any of these kinds of request (`recordCall`); each names words that must all be there. Absent: every request counts. */
  readonly kinds?: readonly string[];
}

export interface InventoryOperation {
  readonly group: string;
  readonly summary: string;
  readonly method: string;
  readonly path: string;
  /** All of them must have been seen; nearly always one. */
  readonly steps: readonly Step[];
  readonly note?: string;
}

export interface LeftOut {
  readonly method: string;
  readonly path: string;
  readonly summary: string;
  readonly reason: string;
}

/** The operations that a service of OpenStack has, written by scripts/api-inventory.ts. */
export interface Inventory {
  /** The service type. */
  readonly service: string;
  /** The package below packages/ whose tests drive it. */
  readonly package: string;
  /** Its paths are also served with the project's id behind the version. */
  readonly projectIsOptional?: boolean;
  readonly operations: readonly InventoryOperation[];
  readonly leftOut: readonly LeftOut[];
}

const FOLDER = fileURLToPath(new URL('inventories/', import.meta.url));

/** The services with an inventory, by type. */
export function inventoried(): string[] {
  return globSync('*.jsonl', { cwd: FOLDER })
    .map((name) => name.replace(/\.jsonl$/, ''))
    .sort();
}

/** The inventory of a service, by its type or by its package's name; undefined when there is none. */
export function inventoryOf(service: string): Inventory | undefined {
  const direct = `${FOLDER}${service}.jsonl`;
  if (/^[a-z-]+$/.test(service) && existsSync(direct)) return read(direct);
  return inventoried()
    .map((name) => read(`${FOLDER}${name}.jsonl`))
    .find((one) => one.package === service);
}

/** The first line says whose it is, each further one is an operation, or one that is left out. */
function read(file: string): Inventory {
  const [head, ...rest] = readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  return {
    ...head,
    operations: rest.filter((one) => 'steps' in one),
    leftOut: rest.filter((one) => 'reason' in one),
  };
}
