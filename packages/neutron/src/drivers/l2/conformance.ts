import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, describe, it } from 'node:test';
import { DriverError } from '@kumo/core/errors';
import { bridgeName, tapName } from '../host/marks.ts';
import type { L2Driver, L2Network, L2Port } from './driver.ts';

/** What every L2 driver does. The maker gives one that maps no physical network, on a host with nothing of ours. */
export function l2Conformance(name: string, make: () => Promise<L2Driver>): void {
  describe(`L2 driver: ${name}`, async () => {
    const driver = await make();
    const network: L2Network = { networkId: randomUUID(), type: 'local', mtu: 1450, remotes: [], fdb: [] };
    const port = (adminUp = true): L2Port => ({
      portId: randomUUID(),
      networkId: network.networkId,
      mtu: 1450,
      adminUp,
    });
    after(() => driver.sync({ networks: [], ports: [] }));

    it('makes what is desired, twice the same', async () => {
      const desired = { networks: [network], ports: [port(), port(false)] };
      const first = await driver.sync(desired);
      assert.deepEqual(first.networks, [{ networkId: network.networkId, bridge: bridgeName(network.networkId) }]);
      for (const { portId, mtu, adminUp } of desired.ports) {
        const found = first.ports.find((p) => p.portId === portId);
        assert.deepEqual(found, {
          portId,
          tap: tapName(portId),
          bridge: bridgeName(network.networkId),
          mtu,
          adminUp,
          carrier: false,
        });
      }
      assert.deepEqual(await driver.sync(desired), first);
    });

    it('removes what is no longer desired and mends what changed', async () => {
      const [kept, gone] = [port(), port()];
      await driver.sync({ networks: [network], ports: [kept, gone] });
      const report = await driver.sync({
        networks: [{ ...network, mtu: 1400 }],
        ports: [{ ...kept, mtu: 1400, adminUp: false }],
      });
      assert.deepEqual(
        report.ports.map(({ portId, mtu, adminUp }) => ({ portId, mtu, adminUp })),
        [{ portId: kept.portId, mtu: 1400, adminUp: false }],
      );
      assert.deepEqual(await driver.sync({ networks: [], ports: [] }), { networks: [], ports: [] });
    });

    it('makes one port with its bridge, and removes it, each twice', async () => {
      const one = port();
      const made = await driver.ensurePort(network, one);
      assert.deepEqual(made, { tap: tapName(one.portId), bridge: bridgeName(network.networkId) });
      assert.deepEqual(await driver.ensurePort(network, one), made);
      assert.equal((await driver.report()).ports.length, 1);
      await driver.removePort(one.portId);
      await driver.removePort(one.portId);
      assert.deepEqual((await driver.report()).ports, []);
    });

    it('refuses a flat network without a bridge and a VXLAN without a VNI', async () => {
      const flat: L2Network = { ...network, type: 'flat', physicalNetwork: 'nowhere' };
      await assert.rejects(driver.ensurePort(flat, port()), DriverError);
      await assert.rejects(driver.ensurePort({ ...network, type: 'vxlan' }, port()), DriverError);
    });
  });
}
