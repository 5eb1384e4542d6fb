import { cinderApi } from '@kumo/cinder/api';
import { type Client, client, ServiceTokenSource } from '@kumo/core/client';
import type { DaemonEnv } from '@kumo/core/daemon';
import { glanceApi } from '@kumo/glance/api';
import { neutronApi } from '@kumo/neutron/api';

/** The services that nova-api asks for a user (`user` of the call); a call without one is Nova's own. */
export interface Neighbours {
  readonly glance: Client<typeof glanceApi>;
  readonly neutron: Client<typeof neutronApi>;
  readonly cinder: Client<typeof cinderApi>;
}

/** Microversion with which volumes and attachments are asked for. */
const CINDER_VERSION = '3.60';

export function neighbours(env: DaemonEnv): Neighbours {
  const from = 'nova-api';
  const source = new ServiceTokenSource({ transport: env.transport('keystone'), from, ...env.serviceUser('nova') });
  const serviceToken = () => source.token();
  return {
    glance: client(glanceApi, env.transport('glance-api'), { from, to: 'glance-api', serviceToken }),
    neutron: client(neutronApi, env.transport('neutron-server'), {
      from,
      to: 'neutron-server',
      token: serviceToken,
    }),
    cinder: client(cinderApi, env.transport('cinder-api'), {
      from,
      to: 'cinder-api',
      serviceType: 'volume',
      version: CINDER_VERSION,
      serviceToken,
    }),
  };
}
