import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endpointOf } from '../cloud/environment.ts';
import { type RunningProcess, startProcess } from '../cloud/process.ts';
import { startSupervisor } from '../cloud/supervisor.ts';
import type { KumoConfig } from '../config/schema.ts';
import { openSecrets, type Secrets } from '../config/secrets.ts';
import { openStateDir } from '../config/state-dir.ts';
import { writeClientFiles } from '../content/client-files.ts';
import { ensureFirstContent } from '../content/first-content.ts';
import { prepareHost } from '../system/prepare-host.ts';
import { identityOf, isAlive, type ProcessIdentity } from '../system/process-identity.ts';
import { type RunningService, readRunFile, removeRunFile, writeRunFile } from '../system/run-file.ts';
import { outliveStandardStreams } from '../system/standard-streams.ts';
import { CommandError } from './command-error.ts';
import { print, table } from './output.ts';
import type { Progress } from './progress.ts';
import { untilStopped } from './signals.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const POLL_MS = 20;

/** `kumo up`: everything that is missing is made, every daemon started; stays in the foreground until it is told to stop. */
export async function up(config: KumoConfig, progress: Progress): Promise<void> {
  const { stateDir } = config;
  outliveStandardStreams();
  refuseSecondUp(stateDir);
  openStateDir(stateDir);
  await prepareHost(config, progress);
  const secrets = openSecrets(stateDir, config.passwords);
  const startedAt = new Date().toISOString();
  const self = identityOf(process.pid)!;
  const note = (services: RunningService[], ready: boolean) =>
    writeRunFile(stateDir, { process: self, ready, startedAt, services });
  note([], false);
  let cloud: Cloud | undefined;
  try {
    cloud = await startCloud(config, secrets, self, (services) => note(services, true));
    note(cloud.services(), false);
    writeAccountFiles(config, secrets);
    await progress.during('making the first flavors, image and networks', () =>
      ensureFirstContent(config, secrets, progress),
    );
    note(cloud.services(), true);
    printWelcome(config);
    await untilStopped();
  } finally {
    await cloud?.stop();
    removeRunFile(stateDir);
  }
}

interface Cloud {
  services(): RunningService[];
  stop(): Promise<void>;
}

async function startCloud(
  config: KumoConfig,
  secrets: Secrets,
  self: ProcessIdentity,
  onChange: (services: RunningService[]) => void,
): Promise<Cloud> {
  if (config.layout === 'embedded') {
    const running: RunningProcess = await startProcess(config, secrets);
    return {
      services: () => running.daemons.map((daemon) => ({ ...daemon, process: self })),
      stop: () => running.stop(),
    };
  }
  const supervisor = await startSupervisor(config, () => onChange(supervisor.daemons()));
  return { services: () => supervisor.daemons(), stop: () => supervisor.stop() };
}

/** `kumo up --detach`: the same in a session of its own; returns when every endpoint answers. */
export async function upDetached(config: KumoConfig, args: readonly string[], progress: Progress): Promise<void> {
  refuseSecondUp(config.stateDir);
  openStateDir(config.stateDir);
  const logFile = join(config.stateDir, 'log', 'up.log');
  const log = openSync(logFile, 'w', 0o600);
  const child = spawn(process.execPath, [...process.execArgv, MAIN, 'up', ...args], {
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  let ended: string | undefined;
  child.once('exit', (code, signal) => {
    ended = signal ?? `exit code ${code}`;
  });
  child.once('error', (error) => {
    ended = error.message;
  });
  let shown = 0;
  const relay = () => {
    const text = readFileSync(logFile, 'utf8');
    process.stderr.write(text.slice(shown));
    shown = text.length;
  };
  while (!ended && !isReady(config.stateDir, child.pid)) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    relay();
  }
  relay();
  if (ended) throw new CommandError(`Kumo did not start (${ended}); what it said is in ${logFile}`);
  child.unref();
  progress.say(`Kumo runs in the background (pid ${child.pid}). Stop it with: kumo down`);
}

function isReady(stateDir: string, pid: number | undefined): boolean {
  const running = readRunFile(stateDir);
  return running?.ready === true && running.process.pid === pid;
}

function refuseSecondUp(stateDir: string): void {
  const running = readRunFile(stateDir);
  if (running && running.process.pid !== process.pid && isAlive(running.process)) {
    throw new CommandError(
      `Kumo is already running on ${stateDir} (pid ${running.process.pid}): see kumo status, stop it with kumo down`,
    );
  }
}

function writeAccountFiles(config: KumoConfig, secrets: Secrets): void {
  const accounts = {
    admin: { user: 'admin', project: 'admin', password: secrets.admin },
    demo: { user: 'demo', project: 'demo', password: secrets.demo },
  };
  writeClientFiles(config.stateDir, accounts, `${endpointOf(config, 'keystone')}/v3`, config.region);
}

function printWelcome(config: KumoConfig): void {
  const rows = (['keystone', 'glance-api', 'placement-api', 'nova-api', 'neutron-server', 'cinder-api'] as const).map(
    (name) => [name, endpointOf(config, name)],
  );
  print('Kumo is up.');
  print();
  print(table(['SERVICE', 'ENDPOINT'], rows));
  print();
  // What a detached start prints is kept in a log.
  print('user admin, project admin, the password is in:');
  print(`openrc:      ${join(config.stateDir, 'openrc')}`);
  print(`clouds.yaml: ${join(config.stateDir, 'clouds.yaml')}`);
  print();
  print('Next:  ./kumo demo                              boots a server and shows its 28 steps');
  print('       eval "$(./kumo openrc)"; openstack server list');
}
