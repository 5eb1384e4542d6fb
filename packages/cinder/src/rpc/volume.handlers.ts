import type { RpcHandlers } from '@kumo/core/rpc';
import type { Connections } from '../app/connections.ts';
import type { volumeRpc } from './volume.ts';

export function volumeHandlers(connections: Connections, runFlows: () => void): RpcHandlers<typeof volumeRpc.methods> {
  return {
    runFlows: async () => runFlows(),
    connect: async ({ attachment_id, connector }) => connections.connect(attachment_id, connector),
    disconnect: async ({ attachment_id }) => connections.disconnect(attachment_id),
  };
}
