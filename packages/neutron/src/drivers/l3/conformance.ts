import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, describe, it } from 'node:test';
import { DriverError } from '@kumo/core/errors';
import { routerNamespace } from '../host/marks.ts';
import type { L3Driver, Router } from './driver.ts';

/** What every L3 driver does. The two bridges exist on its host. */
export function l3Conformance(
  name: string,
  make: () => Promise<{ driver: L3Driver; inside: string; outside: string }>,
): void {
  describe(`L3 driver: ${name}`, async () => {
    const { driver, inside, outside } = await make();
    const routerId = randomUUID();
    const floating = { floatingIpId: randomUUID(), floatingIp: '172.24.9.20', fixedIp: '10.7.0.5' };
    const router: Router = {
      routerId,
      adminUp: true,
      interfaces: [
        {
          portId: randomUUID(),
          bridge: inside,
          mac: 'fa:16:3e:00:01:01',
          mtu: 1450,
          addresses: ['10.7.0.1/24', 'fd00:7::1/64'],
        },
      ],
      gateway: {
        portId: randomUUID(),
        bridge: outside,
        mac: 'fa:16:3e:00:01:02',
        mtu: 1500,
        addresses: ['172.24.9.10/24'],
        gatewayIps: ['172.24.9.1'],
        enableSnat: true,
      },
      floatingIps: [floating],
      routes: [{ destination: '10.99.0.0/16', nexthop: '10.7.0.9' }],
    };
    after(() => driver.removeRouter(routerId));

    it('makes a router, twice the same', async () => {
      const first = await driver.ensureRouter(router);
      assert.equal(first.namespace, routerNamespace(routerId));
      assert.deepEqual(first.floatingIps, [{ floatingIpId: floating.floatingIpId, status: 'ACTIVE' }]);
      assert.deepEqual(await driver.ensureRouter(router), first);
      assert.deepEqual(await driver.report(), [{ routerId, namespace: first.namespace }]);
    });

    it('takes its gateway away, and its interfaces', async () => {
      const report = await driver.ensureRouter({ ...router, gateway: null, routes: [] });
      assert.deepEqual(
        report.floatingIps.map(({ status }) => status),
        ['DOWN'],
      );
      await driver.ensureRouter({
        ...router,
        gateway: null,
        interfaces: [],
        floatingIps: [],
        routes: [],
        adminUp: false,
      });
    });

    it('refuses values that would break out of their line', async () => {
      const evil = { ...floating, fixedIp: '10.7.0.5; flush ruleset' };
      await assert.rejects(driver.ensureRouter({ ...router, floatingIps: [evil] }), DriverError);
    });

    it('removes a router, twice', async () => {
      await driver.removeRouter(routerId);
      await driver.removeRouter(routerId);
      assert.deepEqual(await driver.report(), []);
    });
  });
}
