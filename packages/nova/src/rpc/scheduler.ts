import { call, rpc } from '@kumo/core/rpc';
import { Type as T } from 'typebox';

export const schedulerRpc = rpc('nova-scheduler', '1.0', {
  /**
   * Chooses a host, claims it in Placement, writes it and the flow `server.build` down and nudges the host. A server that
   * has a host already keeps it: repetitions answer the same.
   * @throws noValidHost (its params are numbers for admins, its message is for users), serverIsLeaving when it is being deleted.
   */
  selectHost: call(
    T.Object({
      serverId: T.String(),
      /** Hosts that failed to build it. */
      excludeHosts: T.Array(T.String()),
      /** 1 for the first host. */
      attempt: T.Integer({ minimum: 1 }),
    }),
    T.Object({ host: T.String(), node: T.String() }),
    { timeoutMs: 60_000 },
  ),
});
