import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { type FernetKey, newFernetKey, parseFernetKey } from './fernet.ts';

/** How long the directory is believed unchanged. A key is staged for hours before it becomes primary. */
const LOOK_AGAIN_MS = 1_000;
const STAGED = 0;

/**
 * The Fernet keys of a cloud, in Keystone's own layout: files named by numbers, the highest is the primary that encrypts,
 * `0` is staged to become the next primary, and all of them decrypt.
 */
export class KeyRepository {
  readonly directory: string;
  #keys: readonly FernetKey[] = [];
  #modifiedAt = -1;
  #lookAgainAt = 0;

  /** Makes the directory with a staged and a primary key when it is not there. */
  constructor(directory: string) {
    this.directory = directory;
    if (!isDirectory(directory)) create(directory);
    this.#keys = readKeys(directory);
  }

  /** The primary first, the staged one last. */
  get keys(): readonly FernetKey[] {
    const now = Date.now();
    if (now >= this.#lookAgainAt) {
      this.#lookAgainAt = now + LOOK_AGAIN_MS;
      const { mtimeMs } = statSync(this.directory);
      if (mtimeMs !== this.#modifiedAt) {
        this.#keys = readKeys(this.directory);
        this.#modifiedAt = mtimeMs;
      }
    }
    return this.#keys;
  }

  get primary(): FernetKey {
    const [primary] = this.keys;
    if (!primary) throw new Error(`there is no Fernet key in ${this.directory}`);
    return primary;
  }

  /** The staged key becomes primary, a new one is staged, the oldest go. Tokens of a key that went are no longer valid. */
  rotate(maxActiveKeys: number): void {
    const numbers = numbersIn(this.directory);
    const next = Math.max(...numbers) + 1;
    if (numbers.includes(STAGED)) renameSync(join(this.directory, String(STAGED)), join(this.directory, String(next)));
    else writeKey(this.directory, next);
    writeKey(this.directory, STAGED);
    const active = numbersIn(this.directory).filter((number) => number !== STAGED);
    const surplus = active
      .toSorted((a, b) => a - b)
      .slice(0, Math.max(0, active.length + 1 - Math.max(2, maxActiveKeys)));
    for (const number of surplus) rmSync(join(this.directory, String(number)));
    this.#lookAgainAt = 0;
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** In one rename, so that of two processes that start together one makes the keys. */
function create(directory: string): void {
  mkdirSync(dirname(directory), { recursive: true });
  const draft = mkdtempSync(`${directory}.new-`);
  writeKey(draft, STAGED);
  writeKey(draft, 1);
  try {
    renameSync(draft, directory);
  } catch (error) {
    rmSync(draft, { recursive: true });
    if (!isDirectory(directory)) throw error;
  }
}

function writeKey(directory: string, number: number): void {
  const draft = join(directory, `.${number}.${process.pid}.new`);
  writeFileSync(draft, newFernetKey(), { mode: 0o600 });
  renameSync(draft, join(directory, String(number)));
}

function numbersIn(directory: string): number[] {
  return readdirSync(directory)
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function readKeys(directory: string): FernetKey[] {
  const numbers = numbersIn(directory).toSorted((a, b) => b - a);
  if (numbers.length === 0) throw new Error(`there is no Fernet key in ${directory}`);
  return numbers.map((number) => parseFernetKey(readFileSync(join(directory, String(number)), 'utf8')));
}
