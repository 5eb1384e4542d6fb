/**
 * Operations, routes, the HTTP side of a service.
 *
 * ```ts
 * import { Type as T } from 'typebox';
 * // contract, in src/api/<resource>.ts; importable by other services
 * export const createVolume = operation({
 *   name: 'createVolume',                     // method name in the typed client
 *   method: 'POST', path: '/v3/{project_id}/volumes',
 *   policy: policy('volume:create', 'role:member and project_id:%(project_id)s' | ruleText, { scope?: ['project'] }) | 'none' (public) | 'authenticated',
 *   authorize: 'request' (default) | 'resource',   // 'resource': the handler must call `authorize(row)`; core answers 500 in tests if it did not
 *   params?: T.Object(...), query?: T.Object(...), headers?: T.Object(...), body?: T.Object(...), reply?: schema,
 *   status: 202, errors: [400, 403, 404, 413],
 *   versions?: { min: '2.37', max?: '2.56' },       // microversions in which the operation exists
 *   stream?: 'request' | 'response' | 'both',       // `body` is a Readable, bounded by maxBodyBytes / the handler returns a Readable, Buffer or string
 *   maxBodyBytes?: number,                          // default 1 MiB; of a streamed body: no bound
 *   head?: true, optionalBody?: true, contentTypes?: [...], action?: 'os-start', summary?: '…'
 * });                                               // a last path segment `{path*}` takes the rest of the path
 * // route, in src/api/<resource>.routes.ts
 * export const volumeRoutes = (volumes: Volumes) => [
 *   implement(createVolume, async ({ ctx, params, query, body, headers, authorize, reply, request }) => ({ volume: toWire(await volumes.create(ctx, fromWire(body.volume))) })),
 * ];
 * // `authorize(target: Record<string, unknown>, options?: {rule?: string, notFound?: KumoError})` throws forbidden (or `notFound` when given) unless the operation's policy holds for the target
 * // `allows(ruleName, target?)`: boolean, for rules that only change the answer (extended attributes)
 * // `reply.header(name, value)`, `reply.status(code)`; a handler may return a Readable when stream: 'response'
 * // a handler may return `new JsonText(text)` instead of its reply: JSON that is text already, in services without microversions
 * // `request`: {method, url, headers, baseUrl (for links), remoteAddress, signal (aborted when the client went away)}
 * // an action operation: POST /servers/{id}/action with `action: 'os-start'`: many operations share one path; core dispatches on the body's single key; body schema = the whole body {'os-start': ...}
 *
 * // composition: one Fastify app per HTTP daemon
 * createApp({ service: 'cinder-api', type: 'volumev3'..., routes, envelope: novaEnvelope | neutronEnvelope | keystoneEnvelope | glanceEnvelope | placementEnvelope,
 *   versions: VersionDocument[] (discovery), microversions?: { header: 'compute', legacyHeader?: 'X-OpenStack-Nova-API-Version', min, max, changes }, tokens: TokenValidator | null, policies: new PolicySet(policiesOf(routes)), log,
 *   authUri?, baseUrl?: URL | 'host' | 'forwarded', requestIdHeaders?: ['x-compute-request-id'], versionsStatus?: 300, wrongContentType?: 400, metrics?, observe?(operation, status, seconds), checkReplies?: true (in tests) }): FastifyInstance
 * listen(app, { host, port, tls?: { key, cert } }) → URL;  closeApp(app, deadlineMs)
 * ```
 * A token of an application credential with access rules is good for the requests that they name (`type` of the app,
 * method, path with `*`, `**`, `{name}`), all else is 401;
 * an X-Service-Token with role `service` goes past them. `TokenInfo` and `ctx` have `trustId`, `trustorId`, `trusteeId`
 * and `applicationCredential` (`id`, `restricted`).
 *
 * Query, params and body are validated by Ajv; a 400 names the field (`Invalid input for field/attribute volume.size.
 * Value: -1. -1 is less than the minimum of 1`). Unknown query parameters: kept or refused by the schema's
 * `additionalProperties`.
 * A policy with `authorize: 'request'` is checked against `{project_id: ctx.projectId, user_id: ctx.userId, ...path
 * params}` before the handler runs; with `'resource'` core first requires a valid token, then the handler loads the row
 * and calls `authorize`.
 *
 * Lists: `paging`, `sortKeys`, `sortList`, `fieldList` (core/schema, to be spread into a query's `T.Object`); `pageSize`,
 * `sortsOf`, `pickFields`; links `nextLinks` (Nova, Cinder), `pageLinks` (Neutron), `firstAndNext` (Glance),
 * `keystoneLinks`; a link in every item of a list: flatText`…`.
 */

export { pathMatches, rulesAllow } from './access-rules.ts';
export type {
  AccessRule,
  ApplicationCredentialInfo,
  AppMicroversions,
  AppOptions,
  PolicyChecker,
  TokenChecker,
  TokenInfo,
} from './app-options.ts';
export { withCallerSignal } from './caller-signal.ts';
export { addressKey, TrustedProxies } from './client-address.ts';
export { ConnectionGuard, type GuardOptions, guarded } from './connections/guard.ts';
export { type ConnectionLimits, DEFAULT_LIMITS } from './connections/limits.ts';
export { ConnectionTable, type TableOptions } from './connections/table.ts';
export { createApp, operationsOf } from './create-app.ts';
export { type Envelope, kindOf, statusOf, type WireError } from './envelopes/envelope.ts';
export { cinderEnvelope, novaEnvelope } from './envelopes/fault-envelope.ts';
export { glanceEnvelope } from './envelopes/glance-envelope.ts';
export { keystoneEnvelope } from './envelopes/keystone-envelope.ts';
export { neutronEnvelope } from './envelopes/neutron-envelope.ts';
export { placementEnvelope } from './envelopes/placement-envelope.ts';
export {
  clientGone,
  malformedBody,
  methodNotAllowed,
  noSuchAction,
  notInVersion,
  routeNotFound,
  validationFailed,
  wrongContentType,
} from './errors.ts';
export { flatText } from './flat-text.ts';
export { JsonText } from './json-text.ts';
export { closeLingering } from './lingering-close.ts';
export { firstAndNext, keystoneLinks, nextLinks, pageLinks, requestUrlWith } from './links.ts';
export { pageSize, pickFields, type Sort, sortsOf } from './list-query.ts';
export { closeApp, type ListenOptions, listen } from './listen.ts';
export { nodeHttp } from './node-http.ts';
export { openApi } from './openapi.ts';
export {
  type BodyOf,
  type HeadersOf,
  type HttpMethod,
  isOperation,
  type Operation,
  type OperationSpec,
  operation,
  operationsIn,
  type ParamsOf,
  policiesOf,
  type QueryOf,
  type ReplyOf,
} from './operation.ts';
export { readBody } from './read-body.ts';
export { newRequestId } from './request-id.ts';
export {
  type AuthorizeOptions,
  type Handler,
  type HandlerInput,
  type HandlerResult,
  implement,
  type ReplyControl,
  type RequestFacts,
  type Route,
} from './route.ts';
export { tune } from './server-settings.ts';
export { type VersionDocument, versionBody, versionRoutes } from './version-documents.ts';
export { wireTime } from './wire-time.ts';
