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
