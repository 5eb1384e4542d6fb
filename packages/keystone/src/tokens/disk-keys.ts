import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, type Stats, statSync, writeFileSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { newFernetKey } from './fernet.ts';
import { type KeyRotation, type KeyStorage, STAGED, type StoredKey, shiftedBy, surplusOf } from './key-storage.ts';

const GROUP_OR_OTHERS_WRITE = 0o022;
const OTHERS_READ = 0o004;

/** Keys in Keystone's own layout: a directory of files that are named by their numbers. */
export class DiskKeys implements KeyStorage {
  readonly place: string;

  constructor(directory: string) {
    this.place = directory;
  }

  async read(known?: string): Promise<{ stamp: string; keys: StoredKey[] } | undefined> {
    const { place: directory } = this;
    if (!isDirectory(directory)) create(directory);
    for (;;) {
      // The time before the names: what comes in between is read once more.
      const before = await stat(directory);
      refuseOthers(directory, before);
      const stamp = String(before.mtimeMs);
      if (stamp === known) return undefined;
      const numbers = numbersOf(await readdir(directory));
      if (numbers.length === 0) throw new Error(`there is no Fernet key in ${directory}`);
      const texts = await Promise.all(numbers.map((number) => this.#text(number)));
      // A rotation renamed or removed one of them in between.
      if (texts.includes(undefined)) continue;
      return { stamp, keys: numbers.map((number, at) => ({ number, text: texts[at] as string })) };
    }
  }

  async rotate(maxActiveKeys: number): Promise<KeyRotation> {
    const { place: directory } = this;
    const release = lockDirectory(directory);
    try {
      const numbers = numbersOf(readdirSync(directory));
      const primary = Math.max(...numbers) + 1;
      if (numbers.includes(STAGED)) renameSync(join(directory, String(STAGED)), join(directory, String(primary)));
      else writeKey(directory, primary);
      writeKey(directory, STAGED);
      const removed = surplusOf(numbersOf(readdirSync(directory)), maxActiveKeys);
      for (const number of removed) rmSync(join(directory, String(number)));
      return { primary, removed };
    } finally {
      release();
    }
  }

  async addOlder(texts: readonly string[]): Promise<void> {
    const { place: directory } = this;
    const release = lockDirectory(directory);
    try {
      for (const [from, to] of shiftedBy(texts.length, numbersOf(readdirSync(directory))))
        renameSync(join(directory, String(from)), join(directory, String(to)));
      for (const [at, text] of texts.entries()) writeKey(directory, texts.length - at, text);
    } finally {
      release();
    }
  }

  /** Undefined for a key that is not there any more. */
  async #text(number: number): Promise<string | undefined> {
    const path = join(this.place, String(number));
    try {
      refuseOthers(path, await stat(path));
      return (await readFile(path, 'utf8')).trim();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }
}

/** Keys that somebody else can write or read are somebody else's tokens. */
function refuseOthers(path: string, { uid, mode }: Stats): void {
  const own = process.getuid?.() ?? 0;
  if (uid !== own && uid !== 0) throw new Error(`${path} belongs to user ${uid}, not to user ${own} who runs this`);
  if ((mode & GROUP_OR_OTHERS_WRITE) !== 0) throw new Error(`${path} can be written by others: its mode must be 0700`);
  if ((mode & OTHERS_READ) !== 0) throw new Error(`${path} can be read by others: its mode must be 0700 or 0600`);
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** In one rename, so that of two processes that start together one makes the keys. */
function create(directory: string): void {
  mkdirSync(dirname(directory), { recursive: true, mode: 0o700 });
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

function writeKey(directory: string, number: number, text = newFernetKey()): void {
  const draft = join(directory, `.${number}.${process.pid}.new`);
  writeFileSync(draft, text, { mode: 0o600 });
  renameSync(draft, join(directory, String(number)));
}

/** A directory is made by one only. A rotation that was killed leaves it, and its path says what to do about it. */
function lockDirectory(directory: string): () => void {
  const lock = join(directory, '.rotating');
  try {
    mkdirSync(lock, { mode: 0o700 });
  } catch (error) {
    throw new Error(`another rotation is under way; if it was killed, remove ${lock}`, { cause: error });
  }
  return () => rmSync(lock, { recursive: true });
}

function numbersOf(names: readonly string[]): number[] {
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}
