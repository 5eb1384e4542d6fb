import type { Context } from '@kumo/core/context';
import type { Db } from '@kumo/core/db';
import type { NovaTables } from '../db/schema.ts';
import { type Server, updateServer } from '../db/servers.ts';
import { securityGroupAmbiguous, securityGroupMissing, securityGroupNotAssociated } from '../errors.ts';
import type { Neighbours } from './neighbours.ts';
import { checkState } from './server-lifecycle.ts';

/** Security groups belong to ports; a server's are those of all its ports. */
export class ServerGroupsOfPorts {
  readonly #db: Db<NovaTables>;
  readonly #neutron: Neighbours['neutron'];

  constructor(db: Db<NovaTables>, neutron: Neighbours['neutron']) {
    this.#db = db;
    this.#neutron = neutron;
  }

  /** The groups of the server's ports, as Neutron knows them now. */
  async list(ctx: Context, server: Server) {
    const own = { user: ctx };
    const { ports } = await this.#neutron.listPorts({ query: { device_id: [server.id] }, ...own });
    const ids = [...new Set(ports.flatMap(({ security_groups }) => security_groups))];
    if (ids.length === 0) return [];
    return (await this.#neutron.listSecurityGroups({ query: { id: ids }, ...own })).security_groups;
  }

  /** @throws 404 when there is no such group, 409 when two have the name. */
  async add(ctx: Context, server: Server, name: string): Promise<void> {
    checkState(server, 'add security group', { vmState: ['active', 'stopped', 'paused', 'suspended', 'error'] });
    const group = await this.#find(ctx, name);
    await this.#change(ctx, server, (ids) => (ids.includes(group.id) ? ids : [...ids, group.id]));
  }

  /** @throws 404 when there is no such group or the server does not have it. */
  async remove(ctx: Context, server: Server, name: string): Promise<void> {
    const group = await this.#find(ctx, name);
    const had = await this.#change(ctx, server, (ids) => ids.filter((id) => id !== group.id));
    if (!had.includes(group.id)) throw securityGroupNotAssociated({ name, id: server.id });
  }

  async #find(ctx: Context, name: string) {
    const { security_groups } = await this.#neutron.listSecurityGroups({
      query: { tenant_id: [ctx.projectId ?? ''] },
      user: ctx,
    });
    const found = security_groups.filter((group) => group.id === name || group.name === name);
    if (found.length > 1) throw securityGroupAmbiguous({ name });
    if (found.length === 0) throw securityGroupMissing({ name, project: ctx.projectId });
    return found[0]!;
  }

  /** Changes every port's groups and keeps the names for views; gives the ids from before. */
  async #change(ctx: Context, server: Server, change: (ids: string[]) => string[]): Promise<string[]> {
    const own = { user: ctx };
    const { ports } = await this.#neutron.listPorts({ query: { device_id: [server.id] }, ...own });
    const before = ports.flatMap(({ security_groups }) => security_groups);
    for (const port of ports) {
      const security_groups = change(port.security_groups);
      if (security_groups.length === port.security_groups.length) continue;
      await this.#neutron.updatePort({ params: { port_id: port.id }, body: { port: { security_groups } }, ...own });
    }
    const names = (await this.list(ctx, server)).map(({ name }) => name);
    await updateServer(this.#db.q, server.id, { request: { ...server.request, securityGroupNames: names } });
    return before;
  }
}
