import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, describe, it } from 'node:test';
import { DriverError } from '@kumo/core/errors';
import { dhcpNamespace } from '../host/marks.ts';
import type { DhcpDriver, DhcpNetwork } from './driver.ts';

/** What every DHCP driver does. `bridge` exists on its host. */
export function dhcpConformance(name: string, make: () => Promise<{ driver: DhcpDriver; bridge: string }>): void {
  describe(`DHCP driver: ${name}`, async () => {
    const { driver, bridge } = await make();
    const [networkId, subnetId] = [randomUUID(), randomUUID()];
    const host = { portId: randomUUID(), mac: 'fa:16:3e:00:00:05', subnetId, ip: '10.7.0.5' };
    const network: DhcpNetwork = {
      networkId,
      port: { portId: randomUUID(), bridge, mac: 'fa:16:3e:00:00:02', mtu: 1450 },
      mtu: 1450,
      domain: 'openstacklocal',
      subnets: [
        {
          subnetId,
          cidr: '10.7.0.0/24',
          serverIp: '10.7.0.2',
          gatewayIp: '10.7.0.1',
          dnsNameservers: [],
          hostRoutes: [],
          isolated: false,
        },
      ],
      hosts: [host],
    };
    after(() => driver.removeNetwork(networkId));

    it('serves a network, twice the same, and goes on when hosts change', async () => {
      const first = await driver.ensureNetwork(network);
      assert.equal(first.namespace, dhcpNamespace(networkId));
      assert.ok(first.pid);
      assert.deepEqual(await driver.ensureNetwork(network), first);
      for (let round = 0; round < 10; round++) {
        const hosts = round % 2 === 0 ? [] : [host];
        const now = await driver.ensureNetwork({ ...network, hosts });
        assert.ok(now.pid);
        assert.deepEqual(await driver.report(), [now], 'it still runs');
      }
    });

    it('refuses values that would break out of their line', async () => {
      for (const bad of [{ hostname: 'a\nb' }, { mac: 'x' }, { ip: '10.7.0.5,evil' }]) {
        await assert.rejects(driver.ensureNetwork({ ...network, hosts: [{ ...host, ...bad }] }), DriverError);
      }
    });

    it('removes a network, twice', async () => {
      await driver.removeNetwork(networkId);
      await driver.removeNetwork(networkId);
      assert.deepEqual(await driver.report(), []);
    });
  });
}
