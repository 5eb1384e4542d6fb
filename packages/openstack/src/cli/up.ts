import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { signalIfThere } from '@kumo/core/exec';
import { endpointOf } from '../cloud/environment.ts';
import { type RunningProcess, startProcess } from '../cloud/process.ts';
import { startSupervisor } from '../cloud/supervisor.ts';
import type { KumoConfig } from '../config/schema.ts';
import { openSecrets, type Secrets } from '../config/secrets.ts';
import { openStateDir } from '../config/state-dir.ts';
import { writeClientFiles } from '../content/client-files.ts';
import { ensureFirstContent } from '../content/first-content.ts';
import { ownKeeper, tellReady } from '../system/keeper.ts';
import { prepareHost } from '../system/prepare-host.ts';
import { identityOf, isAlive, type ProcessIdentity } from '../system/process-identity.ts';
import { livingProcesses, type RunningService, removeRunFile, writeRunFile } from '../system/run-file.ts';
import { outliveStandardStreams } from '../system/standard-streams.ts';
import { refuseSecondUp } from './keep-up.ts';
import { print, table } from './output.ts';
import type { Progress } from './progress.ts';
import { untilStopped } from './signals.ts';

const POLL_MS = 20;
const FORMER_TIMEOUT_MS = 15_000;

/**
 * What `kumo up` keeps running: everything that is missing is made, every daemon started, until it is told to stop.
 * @throws CommandError when it runs already.
 */
export async function up(config: KumoConfig, progress: Progress): Promise<void> {
  const { stateDir } = config;
  outliveStandardStreams();
  const keeper = ownKeeper();
  refuseSecondUp(stateDir, keeper);
  openStateDir(stateDir);
  await untilGone(livingProcesses(stateDir));
  await prepareHost(config, progress);
  const secrets = openSecrets(stateDir, config.passwords);
  const startedAt = new Date().toISOString();
  const self = identityOf(process.pid)!;
  const note = (services: RunningService[], ready: boolean) =>
    writeRunFile(stateDir, { process: self, keeper, ready, startedAt, services });
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
    tellReady();
    printWelcome(config);
    await untilStopped();
  } finally {
    await cloud?.stop();
  }
  // Of a start that failed it stays: it names the keeper, which may try again.
  removeRunFile(stateDir);
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

/**
 * Of a cloud whose process was killed, daemons that ran in processes of their own notice it by themselves and stop. Their ports
 * and leases are needed now.
 */
async function untilGone(former: readonly ProcessIdentity[]): Promise<void> {
  const deadline = Date.now() + FORMER_TIMEOUT_MS;
  for (let left = former.filter(isAlive); left.length > 0; left = left.filter(isAlive)) {
    if (Date.now() > deadline) for (const { pid } of left) signalIfThere(pid, 'SIGKILL');
    await sleep(POLL_MS);
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
