import { routerNamespace } from '../host/marks.ts';
import type { L3Driver, Router, RouterReport } from './driver.ts';
import { routerTable } from './router-nat.ts';

/** Routers without a kernel: checked and remembered. */
export class FakeL3Driver implements L3Driver {
  readonly routers = new Map<string, Router>();

  async ensureRouter(router: Router): Promise<RouterReport> {
    routerTable('kumo_fake', router);
    this.routers.set(router.routerId, router);
    const status = router.gateway ? ('ACTIVE' as const) : ('DOWN' as const);
    return {
      routerId: router.routerId,
      namespace: routerNamespace(router.routerId),
      floatingIps: router.floatingIps.map(({ floatingIpId }) => ({ floatingIpId, status })),
    };
  }

  async removeRouter(routerId: string): Promise<void> {
    this.routers.delete(routerId);
  }

  async report(): Promise<{ routerId: string; namespace: string }[]> {
    return [...this.routers.keys()].map((routerId) => ({ routerId, namespace: routerNamespace(routerId) }));
  }
}
