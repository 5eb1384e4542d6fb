import { call, cast, rpc } from '@kumo/core/rpc';
import { Type as T } from 'typebox';

const ServerRef = T.Object({ serverId: T.String() });

/** Always sent to one host's own queue (`{ server: host }`). */
export const computeRpc = rpc('nova-compute', '2.0', {
  /** Only a nudge: the flow `server.build` that this host holds says what to do. */
  buildServer: cast(ServerRef),
  /** A nudge after another flow was written for this host, or cancelled (then with its id). */
  runFlows: cast(T.Object({ serverId: T.String(), flowId: T.Optional(T.String()) })),
  /** What Neutron and Cinder told nova-api. */
  externalEvents: cast(
    T.Object({
      events: T.Array(
        T.Object({
          name: T.String(),
          serverId: T.String(),
          tag: T.Optional(T.String()),
          status: T.Optional(T.String()),
        }),
        { maxItems: 1000 },
      ),
    }),
  ),
  /** The end of the serial console. */
  consoleOutput: call(
    T.Object({ serverId: T.String(), lines: T.Optional(T.Integer({ minimum: 0 })) }),
    T.Object({ output: T.String() }),
    { timeoutMs: 10_000 },
  ),
  /** @throws conflict when the guest does not run. */
  diagnostics: call(
    ServerRef,
    T.Object({
      state: T.String(),
      driver: T.String(),
      hypervisor: T.String(),
      hypervisorOs: T.String(),
      uptimeS: T.Number(),
      configDrive: T.Boolean(),
      cpus: T.Array(T.Object({ id: T.Integer(), timeNs: T.Number() })),
      disks: T.Array(
        T.Object({
          readBytes: T.Number(),
          readRequests: T.Number(),
          writeBytes: T.Number(),
          writeRequests: T.Number(),
          errorsCount: T.Number(),
        }),
      ),
      nics: T.Array(
        T.Object({
          macAddress: T.String(),
          rxOctets: T.Number(),
          rxPackets: T.Number(),
          rxErrors: T.Number(),
          rxDrop: T.Number(),
          txOctets: T.Number(),
          txPackets: T.Number(),
          txErrors: T.Number(),
          txDrop: T.Number(),
        }),
      ),
      memory: T.Object({ maximumMb: T.Number(), usedMb: T.Number() }),
    }),
    { timeoutMs: 10_000 },
  ),
});
