import { Cloud } from '../src/cloud.ts';

/** No limit that a benchmark would meet. */
const NOVA_QUOTA = { instances: -1, cores: -1, ramMb: -1 };

/** A cloud with the drivers that people use, not started. */
export function realCloud(): Promise<Cloud> {
  return Cloud.prepare({ settings: { nova: { quota: NOVA_QUOTA } } });
}

/** A running cloud whose drivers only pretend; everything above them is real. */
export function fakeCloud(): Promise<Cloud> {
  return Cloud.start({ fake: true, settings: { nova: { quota: NOVA_QUOTA }, neutron: { quotas: { port: -1 } } } });
}

/** The process that `kumo up` keeps. */
export async function pidOf(cloud: Cloud): Promise<number> {
  const { pid } = await cloud.status();
  if (pid === null) throw new Error('the cloud is not up');
  return pid;
}
