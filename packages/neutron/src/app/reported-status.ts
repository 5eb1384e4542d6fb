import { portRows } from '../db/tables.ts';
import type { NeutronDeps } from './deps.ts';
import type { NovaEvent } from './nova-notifier.ts';
import { isInstance } from './port-rules.ts';

/** What agents say about ports and floating IPs, and what Nova is told of it. */
export class ReportedStatus {
  readonly #deps: NeutronDeps;

  constructor(deps: NeutronDeps) {
    this.#deps = deps;
  }

  /** Repeating a report changes nothing and tells nobody. */
  async ports(host: string, reports: readonly { portId: string; status: 'ACTIVE' | 'DOWN' }[]): Promise<void> {
    const { db, nova } = this.#deps;
    const rows = await portRows.findMany(
      db.q,
      reports.map((report) => report.portId),
    );
    await db.transaction(async (tx) => {
      const events: NovaEvent[] = [];
      for (const port of rows) {
        const status = reports.find((report) => report.portId === port.id)?.status ?? port.status;
        if (port.hostId !== host || port.status === status) continue;
        const changed = await tx
          .updateTable('ports')
          .set({ status })
          .where('id', '=', port.id)
          .where('host_id', '=', host)
          .where('status', '!=', status)
          .executeTakeFirst();
        if (changed.numUpdatedRows === 0n || !isInstance(port)) continue;
        const name = status === 'ACTIVE' ? 'network-vif-plugged' : 'network-vif-unplugged';
        events.push({ name, serverId: port.deviceId, portId: port.id });
      }
      nova.post(tx, events);
    });
  }

  async floatingIps(reports: readonly { floatingIpId: string; status: 'ACTIVE' | 'DOWN' }[]): Promise<void> {
    for (const { floatingIpId, status } of reports) {
      await this.#deps.db.q
        .updateTable('floating_ips')
        .set({ status })
        .where('id', '=', floatingIpId)
        .where('status', '!=', status)
        // One that was taken off its port meanwhile stays DOWN.
        .where((eb) => (status === 'ACTIVE' ? eb('router_id', 'is not', null) : eb.lit(true)))
        .execute();
    }
  }
}
