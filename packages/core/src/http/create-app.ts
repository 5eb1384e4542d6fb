import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, type HTTPMethods } from 'fastify';
import type { KumoError } from '../errors/index.ts';
import type { AppOptions } from './app-options.ts';
import { CompiledOperation, Endpoint } from './compiled-operation.ts';
import { guarded } from './connections/guard.ts';
import { malformedUrl, methodNotAllowed, routeNotFound, wrongContentType } from './errors.ts';
import { closeFront } from './listen.ts';
import { nodeHttp } from './node-http.ts';
import type { Operation } from './operation.ts';
import { fastifyPath, PathTable } from './path-table.ts';
import { Pipeline } from './pipeline.ts';
import type { Route } from './route.ts';
import { refuseBytes, tune } from './server-settings.ts';
import { systemRoutes } from './system-routes.ts';
import { versionRoutes } from './version-documents.ts';
import { VersionGate } from './version-gate.ts';

const MIB = 1 << 20;
const served = new WeakMap<FastifyInstance, readonly Operation[]>();

/**
 * The HTTP side of one daemon: routes, validation, policy, errors. Not listening yet (`listen`), and usable without a socket
 * (`inProcess`).
 *
 * @throws Error when the routes contradict each other.
 */
export function createApp(options: AppOptions): FastifyInstance {
  const endpoints = compile(options);
  const pipeline = new Pipeline(options, options.microversions && new VersionGate(options.microversions));
  const app = fastify({
    logger: false,
    exposeHeadRoutes: false,
    // Bodies are read and bounded by the pipeline, after token and policy.
    bodyLimit: Number.MAX_SAFE_INTEGER,
    serverFactory: (handler) => nodeHttp.createServer(guarded(handler)),
    return503OnClosing: false,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 4096 },
    frameworkErrors: (error, request, reply) => pipeline.refuse(frameworkError(error), request, reply),
    clientErrorHandler: refuseBytes,
    // Operations are validated by the pipeline. Fastify's own compilers, left out, are not even loaded.
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
  });
  tune(app.server);
  // Of an accept that failed; one while the port is opened is told to whoever opens it.
  app.server.on('error', (error: NodeJS.ErrnoException) => {
    if (error.syscall !== 'listen') options.log.warn({ err: error }, 'a connection could not be accepted');
  });
  app.addHook('preClose', () => closeFront(app));
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null, undefined));
  for (const endpoint of endpoints) register(app, endpoint, pipeline);
  served.set(
    app,
    endpoints.flatMap(({ operations }) => operations.map(({ operation }) => operation)),
  );
  const paths = new PathTable(endpoints);
  app.setNotFoundHandler((request, reply) => pipeline.refuse(unroutable(request, paths), request, reply));
  app.setErrorHandler((error, request, reply) => pipeline.refuse(frameworkError(error), request, reply));
  return app;
}

/** The contracts of all that an app serves, for tests that go through every operation. */
export function operationsOf(app: FastifyInstance): readonly Operation[] {
  return served.get(app) ?? [];
}

function noSchemas(): never {
  throw new Error('schemas belong to operations, not to Fastify routes');
}

function compile(options: AppOptions): Endpoint[] {
  const own: Route[] = [...options.routes];
  if (options.versions) own.push(...versionRoutes(options.versions, { rootStatus: options.versionsStatus }));
  const settings = { maxBodyBytes: options.maxBodyBytes ?? MIB, checkReplies: options.checkReplies ?? false };
  const byKey = group(own);
  // A service's own /metrics or /healthcheck comes first.
  for (const [key, routes] of group(systemRoutes(options))) if (!byKey.has(key)) byKey.set(key, routes);
  const names = new Set<string>();
  return [...byKey.values()].map((routes) => {
    for (const { operation } of routes) {
      if (names.has(operation.name)) throw new Error(`two operations are called ${operation.name}`);
      names.add(operation.name);
      if (!options.tokens && operation.policy !== 'none')
        throw new Error(`${operation.name} asks for a token, but the app has nobody to check it`);
    }
    return new Endpoint(routes.map((route) => new CompiledOperation(route, settings)));
  });
}

function group(routes: readonly Route[]): Map<string, Route[]> {
  return Map.groupBy(routes, ({ operation }) => `${operation.method} ${operation.path}`);
}

function register(app: FastifyInstance, endpoint: Endpoint, pipeline: Pipeline): void {
  const head = endpoint.operations.some((one) => one.operation.head);
  const method = (head ? [endpoint.method, 'HEAD'] : endpoint.method) as HTTPMethods;
  const rest = /\{(\w+)\*\}$/.exec(endpoint.path)?.[1];
  app.route({
    method,
    url: fastifyPath(endpoint.path),
    handler: (request: FastifyRequest, reply: FastifyReply) => {
      if (rest !== undefined) nameRest(request.params as Record<string, string>, rest);
      return pipeline.handle(endpoint, request, reply);
    },
  });
}

/** The router calls what is left of the path `*`. */
function nameRest(params: Record<string, string>, name: string): void {
  params[name] = params['*'] ?? '';
  delete params['*'];
}

function unroutable(request: FastifyRequest, paths: PathTable): KumoError {
  const allowed = paths.methodsOf(request.url.split('?', 1)[0] as string);
  if (allowed.length === 0) return routeNotFound();
  return methodNotAllowed({ method: request.method }, { headers: { Allow: allowed.join(', ') } });
}

/** Fastify's own refusals in our words; anything else stays what it is: unexpected. */
function frameworkError(error: unknown): unknown {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (code === 'FST_ERR_BAD_URL') return malformedUrl({ reason: 'it is not validly encoded.' }, { cause: error });
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return wrongContentType({ type: 'not a media type' }, { cause: error });
  return error;
}
