/**
 * Call, cast and fanout between daemons, with typed contracts.
 *
 * ```ts
 * export const computeRpc = rpc('compute', '1.0', {
 *   buildServer: cast(T.Object({ server_id: T.String() })),
 *   consoleOutput: call(T.Object({...}), T.Object({ output: T.String() }), { timeoutMs: 10_000 }),
 * });
 * bus.serve(computeRpc, { server: 'host-1', name?: 'nova-compute', concurrency?: 64, maxDeliveries?: 20, onResumed?: () => void }, handlers)   // consumes `compute`, `compute.host-1` and the fanout of `compute`; → Promise<{close()}>
 * const compute = bus.client(computeRpc, { from: 'nova-conductor' });
 * await compute.consoleOutput(args, { server: 'host-1', ctx, timeoutMs });  await compute.buildServer(args, { server: 'host-1' });  await compute.refresh(args, { fanout: true });
 * ```
 * `Bus` has two makers: `inProcessBus({log})` and `rabbitBus({url, log})`. A message carries bytes (JSON), the version,
 * request context (without the token unless `withToken`), traceparent and a deadline. A handler's KumoError crosses as the
 * same kind, code, params. A cast is acknowledged after its handler resolves; redelivered after a crash, and after a
 * retryable failure, at most `maxDeliveries` times: handlers tolerate duplicates.
 * A call without a consumer, or past its deadline, fails with `rpcTimeout` (kind unavailable, retryable). Duplicate
 * replies are dropped.
 * A broker that goes takes nothing along but fanouts: calls and casts on their way are sent again as soon as it is back,
 * or over a new connection when it
 * has left something unanswered for 20 s (`answerTimeoutMs`). Whoever relies on fanouts gives `onResumed` and looks at
 * everything when it is called: the server
 * listens again (its queues are bound) and may have missed some. The in-process bus never calls it. Neutron's agents do
 * so; nobody else relies on fanouts.
 */

export type { Bus, ClientOptions, ServeOptions, Serving } from './bus.ts';
export {
  type CallMethod,
  type CallOptions,
  type CastMethod,
  type CastOptions,
  call,
  cast,
  type RpcClient,
  type RpcContract,
  type RpcHandlers,
  type RpcMethod,
  type RpcMethods,
  type RpcRequest,
  type RpcVersion,
  rpc,
  type SendOptions,
} from './contract.ts';
export {
  busUnavailable,
  invalidArguments,
  invalidReply,
  remoteFailure,
  rpcTimeout,
  unknownMethod,
  unsupportedVersion,
} from './errors.ts';
export { inProcessBus } from './in-process.ts';
export { rabbitBus } from './rabbit.ts';
export { decodeError, encodeError, type WireError } from './wire-error.ts';
