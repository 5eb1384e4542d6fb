import type { DaemonEnv, HttpDaemonName } from '@kumo/core/daemon';
import type { KeystoneBootstrap } from '@kumo/keystone';
import type { Secrets } from '../config/secrets.ts';

/** The path below a service's address that the catalog names, by catalog type. */
const CATALOG: readonly { name: string; type: string; daemon: HttpDaemonName; path: string; description: string }[] = [
  { name: 'keystone', type: 'identity', daemon: 'keystone', path: '/v3', description: 'OpenStack Identity' },
  { name: 'glance', type: 'image', daemon: 'glance-api', path: '', description: 'OpenStack Image' },
  { name: 'placement', type: 'placement', daemon: 'placement-api', path: '', description: 'OpenStack Placement' },
  { name: 'nova', type: 'compute', daemon: 'nova-api', path: '/v2.1', description: 'OpenStack Compute' },
  { name: 'neutron', type: 'network', daemon: 'neutron-server', path: '', description: 'OpenStack Networking' },
  {
    name: 'cinderv3',
    type: 'volumev3',
    daemon: 'cinder-api',
    path: '/v3/$(project_id)s',
    description: 'OpenStack Block Storage',
  },
  {
    name: 'cinder',
    type: 'block-storage',
    daemon: 'cinder-api',
    path: '/v3/$(project_id)s',
    description: 'OpenStack Block Storage',
  },
];

/** What Keystone makes sure of at every start: users with this cloud's passwords, and the catalog with its addresses. */
export function keystoneBootstrap(env: DaemonEnv, secrets: Secrets): KeystoneBootstrap {
  return {
    adminPassword: secrets.admin,
    demoPassword: secrets.demo,
    serviceUsers: Object.entries(secrets.services).map(([name, password]) => ({ name, password })),
    region: env.region,
    endpoints: CATALOG.map(({ name, type, daemon, path, description }) => {
      const url = `${env.endpoint(daemon)}${path}`;
      return { name, type, description, publicUrl: url, internalUrl: url, adminUrl: url };
    }),
  };
}
