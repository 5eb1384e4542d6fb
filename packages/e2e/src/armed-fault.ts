import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildFault } from './step-faults.ts';

/** The file through which one fault after the other is armed in the daemons of a running cloud (`KUMO_FAULT=@…`). */
export class ArmedFault {
  readonly #file: string;
  readonly #marker: string;

  constructor(directory: string) {
    this.#file = join(directory, 'fault.json');
    this.#marker = join(directory, 'struck');
  }

  get setting(): string {
    return `@${this.#file}`;
  }

  arm(fault: BuildFault['fault']): void {
    this.disarm();
    writeFileSync(`${this.#file}.new`, JSON.stringify({ ...fault, once: this.#marker }));
    renameSync(`${this.#file}.new`, this.#file);
  }

  /** Whether a process has died of the armed fault. */
  get hasStruck(): boolean {
    return existsSync(this.#marker);
  }

  disarm(): void {
    rmSync(this.#file, { force: true });
    rmSync(this.#marker, { force: true });
  }
}
