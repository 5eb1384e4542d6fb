import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { Cloud } from '../src/cloud.ts';

/** No limit that a benchmark would meet. */
const UNLIMITED = { instances: -1, cores: -1, ramMb: -1 };

/** Real guests and networks, apart from those of another cloud on this machine. */
const REAL = {
  nova: { quota: UNLIMITED },
  neutron: {
    cloudId: 'kumobench',
    external: { bridge: 'br-kumobench', cidr: '172.24.204.1/24' },
    physicalBridges: { public: 'br-kumobench' },
    vniRange: { min: 61_000, max: 61_999 },
  },
  firstContent: {
    publicCidr: '172.24.204.0/24',
    publicGateway: '172.24.204.1',
    publicPoolStart: '172.24.204.10',
    publicPoolEnd: '172.24.204.250',
  },
};

const FAKE = {
  nova: { quota: UNLIMITED, compute: { driver: 'fake' } },
  neutron: { dataplane: 'fake', cloudId: 'kumobenchfake', quotas: { port: -1 } },
  cinder: { driver: 'fake' },
};

/** A cloud with the drivers that people use, not started. */
export function realCloud(): Promise<Cloud> {
  return Cloud.prepare({ settings: REAL });
}

/** A running cloud whose drivers only pretend; everything above them is real. */
export function fakeCloud(): Promise<Cloud> {
  return Cloud.start({ settings: FAKE });
}

/** Where each HTTP daemon of a cloud listens. */
export function endpointsOf(cloud: Cloud): Record<string, string> {
  const { ports } = parse(readFileSync(cloud.configFile, 'utf8')) as { ports: Record<string, number> };
  return Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, `http://127.0.0.1:${port}`]));
}

/** The process that `kumo up` became. */
export async function pidOf(cloud: Cloud): Promise<number> {
  const { pid } = JSON.parse(await cloud.kumo('status', '--json')) as { pid: number };
  return pid;
}
