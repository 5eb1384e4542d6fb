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
export { TrustedProxies } from './client-address.ts';
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
