/** The engine with the real Glance, Neutron (agents without a data plane) and Cinder (a driver without disks). */
import { CinderConfig, cinderScheduler, cinderVolume, cinderApi as makeCinderApi } from '@kumo/cinder';
import { cinderApi } from '@kumo/cinder/api';
import { client, inProcess, type Transport } from '@kumo/core/client';
import type { Daemon } from '@kumo/core/daemon';
import { GlanceConfig, glanceApi as makeGlanceApi } from '@kumo/glance';
import { glanceApi } from '@kumo/glance/api';
import { NeutronConfig, neutronL2Agent, neutronServer } from '@kumo/neutron';
import { neutronApi } from '@kumo/neutron/api';
import { Value } from 'typebox/value';
import { Cloud } from './cloud.ts';

const daemons: Daemon[] = [];
const appOf = (name: string): Transport => inProcess(() => daemons.find((one) => one.name === name)?.app);

/** Clients with the token of one of core's test users. */
export function clientsOf(user: string) {
  const from = { from: 'test', token: async () => user };
  return {
    glance: client(glanceApi, appOf('glance-api'), { ...from, to: 'glance-api' }),
    neutron: client(neutronApi, appOf('neutron-server'), { ...from, to: 'neutron-server' }),
    cinder: client(cinderApi, appOf('cinder-api'), {
      ...{ ...from, to: 'cinder-api', serviceType: 'volume', version: '3.60' },
    }),
  };
}

/** One per process: a cloud with one host, `host-1`. */
export async function startWithRealServices(): Promise<Cloud> {
  const transports = Object.fromEntries(
    ['glance-api', 'neutron-server', 'cinder-api'].map((name) => [name, appOf(name)]),
  );
  const cloud = new Cloud({ hosts: [], transports, config: { compute: { driver: 'fake' } } });
  const env = { ...cloud.env, host: 'host-1' };
  const neutronConfig = Value.Default(NeutronConfig, { dataplane: 'fake' }) as NeutronConfig;
  const cinderConfig = Value.Default(CinderConfig, { driver: 'fake' }) as CinderConfig;
  for (const make of [
    () => makeGlanceApi(env, Value.Default(GlanceConfig, {}) as GlanceConfig),
    () => neutronServer(env, neutronConfig),
    () => neutronL2Agent(env, neutronConfig),
    () => makeCinderApi(env, cinderConfig),
    () => cinderScheduler(env, cinderConfig),
    () => cinderVolume(env, cinderConfig),
  ]) {
    const daemon = await make();
    await daemon.start();
    daemons.push(daemon);
  }
  await cloud.start(['host-1']);
  return cloud;
}

export async function stopRealServices(cloud: Cloud): Promise<void> {
  await cloud.stop(async () => {
    for (const daemon of daemons.toReversed()) await daemon.stop();
  });
}
