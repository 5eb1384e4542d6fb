import type { Context } from '@kumo/core/context';
import type { RpcClient } from '@kumo/core/rpc';
import type { Server } from '../db/servers.ts';
import { invalidRequest, serverNotReady } from '../errors.ts';
import type { computeRpc } from '../rpc/index.ts';
import { checkState } from './server-lifecycle.ts';

/** What only the host can tell. */
export class ServerConsole {
  readonly #compute: RpcClient<typeof computeRpc.methods>;

  constructor(compute: RpcClient<typeof computeRpc.methods>) {
    this.#compute = compute;
  }

  /** The end of the serial console. @param lines -1 or absent: all that is kept. @throws 409 without a host. */
  async output(ctx: Context, server: Server, lines: number | undefined): Promise<string> {
    if (lines !== undefined && lines < -1)
      throw invalidRequest({
        message: `Invalid input for field/attribute length. Value: ${lines}. ${lines} is less than the minimum of -1`,
      });
    const { id, host } = server;
    if (host === null) throw serverNotReady({ id });
    const asked = lines === undefined || lines < 0 ? { serverId: id } : { serverId: id, lines };
    return (await this.#compute.consoleOutput(asked, { server: host, ctx })).output;
  }

  /** @throws 409 unless the guest runs. */
  async diagnostics(ctx: Context, server: Server) {
    checkState(server, 'get_diagnostics', { vmState: ['active', 'paused'] });
    const { id, host } = server;
    if (host === null) throw serverNotReady({ id });
    return this.#compute.diagnostics({ serverId: id }, { server: host, ctx });
  }
}
