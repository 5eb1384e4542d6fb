import { call, cast, rpc } from '@kumo/core/rpc';
import { Type as T } from 'typebox';

/** What cinder-volume understands, each back end under its own `host@backend`. */
export const volumeRpc = rpc('cinder-volume', '1.0', {
  /** There is a flow for this back end. It looks for flows by itself now and then. */
  runFlows: cast(T.Object({})),
  /** Makes the volume reachable for the connector's host and writes connection info into the attachment. Idempotent. */
  connect: call(T.Object({ attachment_id: T.String(), connector: T.Record(T.String(), T.Unknown()) }), T.Void(), {
    timeoutMs: 30_000,
  }),
  /** Ends the attachment's connection and removes it. Idempotent. */
  disconnect: call(T.Object({ attachment_id: T.String() }), T.Void(), { timeoutMs: 30_000 }),
});
