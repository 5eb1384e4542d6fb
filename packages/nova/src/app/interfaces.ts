import type { Context } from '@kumo/core/context';
import type { FlowJournal } from '@kumo/core/flow';
import type { NetworkInfo, VmState } from '../db/server-shapes.ts';
import type { Server } from '../db/servers.ts';
import { interfaceNotFound, interfaceTimeout, invalidRequest } from '../errors.ts';
import { interfaceAttach } from '../flows/interface-attach.ts';
import { interfaceDetach } from '../flows/interface-detach.ts';
import { awaitFlow } from './await-flow.ts';
import { requestedNetworks } from './boot-networks.ts';
import type { Neighbours } from './neighbours.ts';
import type { ServerLifecycle } from './server-lifecycle.ts';

/** How long the answer, which tells the port, is waited for. */
const DEADLINE_MS = 60_000;
const ATTACHABLE: readonly VmState[] = ['active', 'paused', 'stopped'];

export interface WantedInterface {
  networkId?: string;
  portId?: string;
  fixedIp?: string;
  tag?: string;
}

export class Interfaces {
  readonly #neutron: Neighbours['neutron'];
  readonly #lifecycle: ServerLifecycle;
  readonly #journal: FlowJournal;
  readonly #deadlineMs: number;

  constructor(
    neutron: Neighbours['neutron'],
    lifecycle: ServerLifecycle,
    journal: FlowJournal,
    deadlineMs: number = DEADLINE_MS,
  ) {
    this.#neutron = neutron;
    this.#lifecycle = lifecycle;
    this.#journal = journal;
    this.#deadlineMs = deadlineMs;
  }

  /** @throws 404 unless the port is the server's. */
  show(server: Server, portId: string): NetworkInfo {
    const found = server.networkInfo.find((nic) => nic.portId === portId);
    if (!found) throw interfaceNotFound({ id: portId });
    return found;
  }

  /**
   * Checks with Neutron, writes the flow, and waits for it: the answer tells the port.
   *
   * @throws 400, 403, 409; 503 when it takes too long, and is then taken back.
   */
  async attach(ctx: Context, server: Server, wanted: WantedInterface, mayUseExternal: boolean): Promise<NetworkInfo> {
    this.#lifecycle.checkLock(ctx, server);
    if (wanted.portId !== undefined && wanted.networkId !== undefined)
      throw invalidRequest({ message: 'Must not input both network_id and port_id' });
    if (wanted.fixedIp !== undefined && wanted.networkId === undefined)
      throw invalidRequest({ message: 'Must input network_id when request IP address' });
    const isOpen = wanted.networkId === undefined && wanted.portId === undefined;
    const rules = { mayUseExternal, projectId: server.projectId, servers: 1 };
    const [network] = await requestedNetworks(this.#neutron, ctx, isOpen ? 'auto' : [wanted], rules);
    const { id } = server;
    const flowId = await this.#lifecycle.begin(ctx, server, {
      name: 'attach_interface',
      vmStates: ATTACHABLE,
      taskStates: [null],
      flow: interfaceAttach,
      input: { serverId: id, network: network! },
    });
    return (await this.#result(flowId)) as NetworkInfo;
  }

  async #result(flowId: string): Promise<unknown> {
    const deadline = AbortSignal.timeout(this.#deadlineMs);
    try {
      return await awaitFlow(this.#journal, flowId, deadline);
    } catch (error) {
      if (!deadline.aborted) throw error;
      const [cancelled] = await this.#journal.cancel({ id: flowId }, 'nobody waits for it any more');
      if (cancelled !== undefined) throw interfaceTimeout({ seconds: this.#deadlineMs / 1000 }, { retryable: true });
      // It came to its end in the same moment.
      return awaitFlow(this.#journal, flowId, AbortSignal.timeout(this.#deadlineMs));
    }
  }

  /** @throws 404, 409 */
  async detach(ctx: Context, server: Server, portId: string): Promise<void> {
    this.#lifecycle.checkLock(ctx, server);
    this.show(server, portId);
    const input = { serverId: server.id, portId };
    const name = 'detach_interface';
    await this.#lifecycle.begin(ctx, server, {
      name,
      vmStates: ATTACHABLE,
      taskStates: [null],
      flow: interfaceDetach,
      input,
    });
  }
}
