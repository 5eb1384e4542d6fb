import { cinderApi } from '@kumo/cinder/api';
import { client, ServiceTokenSource, socket, type Transport } from '@kumo/core/client';
import type { HttpDaemonName } from '@kumo/core/daemon';
import { glanceApi } from '@kumo/glance/api';
import { neutronApi } from '@kumo/neutron/api';
import { novaApi } from '@kumo/nova/api';
import type { KumoConfig } from '../config/schema.ts';
import { endpointOf } from './environment.ts';

/** Who asks. */
export interface Account {
  username: string;
  password: string;
  project: string;
}

/**
 * Typed clients of a running cloud over its sockets, as any other client would use it.
 *
 * @param deadlineMs how long one request may take, its repetitions included.
 */
export function cloudClients(config: KumoConfig, account: Account, deadlineMs = 60_000) {
  const transports: Transport[] = [];
  const transport = (daemon: HttpDaemonName) => {
    const made = socket(endpointOf(config, daemon));
    transports.push(made);
    return made;
  };
  const source = new ServiceTokenSource({ transport: transport('keystone'), from: 'client', deadlineMs, ...account });
  const options = (to: HttpDaemonName) => ({ from: 'client', to, token: () => source.token(), deadlineMs });
  return {
    token: () => source.token(),
    glance: client(glanceApi, transport('glance-api'), options('glance-api')),
    neutron: client(neutronApi, transport('neutron-server'), options('neutron-server')),
    nova: client(novaApi, transport('nova-api'), { ...options('nova-api'), serviceType: 'compute' }),
    cinder: client(cinderApi, transport('cinder-api'), options('cinder-api')),
    close: async () => void (await Promise.all(transports.map((one) => one.close()))),
  };
}

export type CloudClients = ReturnType<typeof cloudClients>;
