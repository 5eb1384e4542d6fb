import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import type { KumoConfig } from '../config/schema.ts';
import { removeFromHost } from '../system/host-leftovers.ts';
import { readRunFile } from '../system/run-file.ts';
import { CommandError } from './command-error.ts';
import { down } from './down.ts';
import type { Progress } from './progress.ts';

/** `kumo reset`: stops the cloud, ends its guests, removes its networks and everything below the state directory. */
export async function resetCommand(config: KumoConfig, options: { yes?: boolean }, progress: Progress): Promise<void> {
  if (!options.yes) await confirm(config.stateDir);
  if (readRunFile(config.stateDir)) await down(config.stateDir, progress);
  await progress.during('removing guests, networks and volumes from this host', () => removeFromHost(config));
  rmSync(config.stateDir, { recursive: true, force: true });
  progress.say(`${config.stateDir} is gone. Begin anew with: kumo up`);
}

async function confirm(stateDir: string): Promise<void> {
  if (!process.stdin.isTTY)
    throw new CommandError('reset removes every server, volume and image of this cloud: say --yes to mean it');
  const questions = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await questions.question(
    `This removes every server, volume and image below ${stateDir}. Type yes to go on: `,
  );
  questions.close();
  if (answer.trim() !== 'yes') throw new CommandError('nothing was removed');
}
