/**
 * Another service, through its contract.
 *
 * `client(operations, transport, { from: 'nova-compute', to: 'glance-api', token: () => Promise<string>, deadlineMs? })`
 * gives one typed method per operation:
 * `glance.showImage({ params: {image_id}, query?, headers?, body?, token?, serviceToken?, version?: '2.60', signal? }) →
 * Promise<reply body>`; `.raw` variants give `{status, headers, body | stream}`. Errors come back as KumoError
 * (kind from status, code from the envelope, message). Retries idempotent methods on connection errors and 503 with
 * back-off within the deadline. Transports: `inProcess(() => app)` (no socket, same bytes) and `socket(baseUrl)` (undici).
 * `ServiceTokenSource({transport, from, username, password})` logs a service user in (project `service`), caches and
 * renews its token (`token()`). `TokenValidator({transport, serviceToken: source, from})` asks `GET /v3/auth/tokens`
 * (bounded cache, a few seconds).
 * Also: `ctx` in a call sends its request id along (never its token); `serviceType` and `version` in the options ask for
 * microversions; a streamed body is sent once and has no deadline; a decoded error has `params: {service, status,
 * requestId}`; another service's 401 that a handler lets through becomes a 500.
 * `user: ctx` makes a call the user's: with his token while there is one, on his behalf (ADR 0012) in flows; whatever a
 * user chose goes along so. `ctx` alone is the service's own call.
 * A path parameter that is empty, `.` or `..` is refused with `badRequest` before anything is sent: map it as you map an
 * unknown id.
 */

export { type ClientOptions, client } from './client.ts';
export type { CallInput, CallOptions, Client, ClientMethod, RawReply } from './client-types.ts';
export { decodeError } from './decode-error.ts';
export { inProcess } from './in-process.ts';
export { invalidPathParameter } from './request-url.ts';
export { ServiceTokenSource, type ServiceTokenSourceOptions } from './service-token-source.ts';
export { type SocketOptions, socket } from './socket.ts';
export { ACCESS_RULES_HEADER, ACCESS_RULES_VERSION, tokenInfoOf, validateToken } from './token-operations.ts';
export { TokenValidator, type TokenValidatorOptions } from './token-validator.ts';
export type { Transport, TransportReply, TransportRequest } from './transport.ts';
