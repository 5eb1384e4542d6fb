import type { Daemon, DaemonEnv, HttpDaemonName, ServiceName } from '@kumo/core/daemon';
import type { KumoConfig } from '../config/schema.ts';
import type { Secrets } from '../config/secrets.ts';
import { keystoneBootstrap } from './keystone-bootstrap.ts';

export type DaemonName =
  | HttpDaemonName
  | 'nova-scheduler'
  | 'nova-conductor'
  | 'nova-compute'
  | 'neutron-linuxbridge-agent'
  | 'neutron-dhcp-agent'
  | 'neutron-l3-agent'
  | 'neutron-metadata-agent'
  | 'cinder-scheduler'
  | 'cinder-volume';

export interface DaemonKind {
  name: DaemonName;
  service: ServiceName;
  /** Loaded only where it runs: a compute node never loads Keystone. */
  make: (env: DaemonEnv, config: KumoConfig, secrets: Secrets) => Promise<Daemon>;
}

/** Every daemon of the cloud, in the order in which they are started; they stop the other way round. */
export const DAEMONS: readonly DaemonKind[] = [
  {
    name: 'keystone',
    service: 'keystone',
    make: async (env, config, secrets) =>
      (await import('@kumo/keystone')).keystone(env, config.keystone, { bootstrap: keystoneBootstrap(env, secrets) }),
  },
  {
    name: 'placement-api',
    service: 'placement',
    make: async (env, config) => (await import('@kumo/placement')).placementApi(env, config.placement),
  },
  {
    name: 'glance-api',
    service: 'glance',
    make: async (env, config) => (await import('@kumo/glance')).glanceApi(env, config.glance),
  },
  {
    name: 'neutron-server',
    service: 'neutron',
    make: async (env, config) => (await import('@kumo/neutron')).neutronServer(env, config.neutron),
  },
  {
    name: 'neutron-linuxbridge-agent',
    service: 'neutron',
    make: async (env, config) => (await import('@kumo/neutron')).neutronL2Agent(env, config.neutron),
  },
  {
    name: 'neutron-dhcp-agent',
    service: 'neutron',
    make: async (env, config) => (await import('@kumo/neutron')).neutronDhcpAgent(env, config.neutron),
  },
  {
    name: 'neutron-l3-agent',
    service: 'neutron',
    make: async (env, config) => (await import('@kumo/neutron')).neutronL3Agent(env, config.neutron),
  },
  {
    name: 'neutron-metadata-agent',
    service: 'neutron',
    make: async (env, config) => (await import('@kumo/neutron')).neutronMetadataAgent(env, config.neutron),
  },
  {
    name: 'cinder-api',
    service: 'cinder',
    make: async (env, config) => (await import('@kumo/cinder')).cinderApi(env, config.cinder),
  },
  {
    name: 'cinder-scheduler',
    service: 'cinder',
    make: async (env, config) => (await import('@kumo/cinder')).cinderScheduler(env, config.cinder),
  },
  {
    name: 'cinder-volume',
    service: 'cinder',
    make: async (env, config) => (await import('@kumo/cinder')).cinderVolume(env, config.cinder),
  },
  {
    name: 'nova-conductor',
    service: 'nova',
    make: async (env, config) => (await import('@kumo/nova')).novaConductor(env, config.nova),
  },
  {
    name: 'nova-scheduler',
    service: 'nova',
    make: async (env, config) => (await import('@kumo/nova')).novaScheduler(env, config.nova),
  },
  {
    name: 'nova-api',
    service: 'nova',
    make: async (env, config) => (await import('@kumo/nova')).novaApi(env, config.nova),
  },
  {
    name: 'nova-metadata-api',
    service: 'nova',
    make: async (env, config) => (await import('@kumo/nova')).novaMetadataApi(env, config.nova),
  },
  {
    name: 'nova-compute',
    service: 'nova',
    make: async (env, config) => (await import('@kumo/nova')).novaCompute(env, config.nova),
  },
];

/** Ports on which OpenStack's clients expect the APIs. */
export const DEFAULT_PORTS: Readonly<Record<HttpDaemonName, number>> = {
  keystone: 5000,
  'glance-api': 9292,
  'placement-api': 8778,
  'nova-api': 8774,
  'nova-metadata-api': 8775,
  'neutron-server': 9696,
  'cinder-api': 8776,
};

export function isHttp(name: string): name is HttpDaemonName {
  return name in DEFAULT_PORTS;
}
