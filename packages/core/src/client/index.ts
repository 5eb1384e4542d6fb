export { type ClientOptions, client } from './client.ts';
export type { CallInput, CallOptions, Client, ClientMethod, RawReply } from './client-types.ts';
export { decodeError } from './decode-error.ts';
export { inProcess } from './in-process.ts';
export { ServiceTokenSource, type ServiceTokenSourceOptions } from './service-token-source.ts';
export { type SocketOptions, socket } from './socket.ts';
export { ACCESS_RULES_HEADER, ACCESS_RULES_VERSION, tokenInfoOf, validateToken } from './token-operations.ts';
export { TokenValidator, type TokenValidatorOptions } from './token-validator.ts';
export type { Transport, TransportReply, TransportRequest } from './transport.ts';
