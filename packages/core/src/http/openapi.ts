import type { TSchema } from 'typebox';
import type { Microversion } from '../context/index.ts';
import { badRequest } from '../errors/index.ts';
import { compareVersion, formatVersion, parseVersion, schemaAt } from '../microversion/index.ts';
import type { AppOptions } from './app-options.ts';
import { nodeHttp } from './node-http.ts';
import { type Operation, streamsReply, streamsRequest } from './operation.ts';

type Json = Record<string, unknown>;

/**
 * The OpenAPI 3.1 document of an app, derived from its contracts.
 * @param wanted.version a microversion or `latest`; default: the newest.
 * @throws badRequest for a version that the service does not have.
 */
export function openApi(options: AppOptions, wanted: { version?: string; baseUrl: string }): Json {
  const version = versionOf(options, wanted.version);
  const byPath = new Map<string, Map<string, Operation[]>>();
  for (const { operation } of options.routes) {
    if (version && !existsIn(operation, version)) continue;
    const path = operation.path.replace('*}', '}');
    const methods = byPath.get(path) ?? new Map<string, Operation[]>();
    byPath.set(path, methods);
    const method = operation.method.toLowerCase();
    methods.set(method, [...(methods.get(method) ?? []), operation]);
  }
  return {
    openapi: '3.1.0',
    info: { title: options.type ?? options.service, version: version ? formatVersion(version) : '1.0' },
    servers: [{ url: wanted.baseUrl }],
    paths: Object.fromEntries(
      [...byPath].map(([path, methods]) => [
        path,
        Object.fromEntries([...methods].map(([method, ops]) => [method, describe(ops, version)])),
      ]),
    ),
    components: { securitySchemes: { token: { type: 'apiKey', in: 'header', name: 'X-Auth-Token' } } },
  };
}

function versionOf({ microversions }: AppOptions, asked: string | undefined): Microversion | undefined {
  if (!microversions) return undefined;
  if (asked === undefined || asked === 'latest') return parseVersion(microversions.max);
  const inRange =
    /^\d+\.\d+$/.test(asked) &&
    compareVersion(asked, microversions.min) >= 0 &&
    compareVersion(asked, microversions.max) <= 0;
  if (!inRange)
    throw badRequest({
      message: `There is no version ${asked}: versions are ${microversions.min} to ${microversions.max}.`,
    });
  return parseVersion(asked);
}

function existsIn({ versions }: Operation, version: Microversion): boolean {
  if (versions?.min !== undefined && compareVersion(version, versions.min) < 0) return false;
  return versions?.max === undefined || compareVersion(version, versions.max) <= 0;
}

/** One method of one path. Actions share it: their bodies and replies are alternatives. */
function describe(operations: readonly Operation[], version: Microversion | undefined): Json {
  const first = operations[0] as Operation;
  const at = (schema: TSchema): TSchema => (version ? schemaAt(schema, version) : schema);
  const bodies = operations.flatMap((one) => (one.body && !streamsRequest(one) ? [at(one.body)] : []));
  const requestBody = operations.some(streamsRequest)
    ? { content: { 'application/octet-stream': {} } }
    : bodies.length > 0 && {
        required: !first.optionalBody,
        content: { 'application/json': { schema: oneOf(bodies) } },
      };
  return {
    operationId:
      operations.length === 1 ? first.name : `${first.method.toLowerCase()}${first.path.replace(/\W+/g, '_')}`,
    ...(first.summary !== undefined && operations.length === 1 ? { summary: first.summary } : {}),
    ...(operations.every((one) => one.deprecated) ? { deprecated: true } : {}),
    ...(operations.length > 1 ? { 'x-kumo-operations': operations.map(({ name, action }) => ({ name, action })) } : {}),
    'x-kumo-policy': operations.map(({ policy }) => (typeof policy === 'object' ? policy.name : policy)),
    security: first.policy === 'none' ? [] : [{ token: [] }],
    parameters: parametersOf(first, at),
    ...(requestBody ? { requestBody } : {}),
    responses: responsesOf(operations, at),
  };
}

function parametersOf(operation: Operation, at: (schema: TSchema) => TSchema): Json[] {
  const named = (where: string, schema: TSchema | undefined): Json[] => {
    const shape = schema && (at(schema) as TSchema & { properties?: Record<string, TSchema>; required?: string[] });
    return Object.entries(shape?.properties ?? {}).map(([name, field]) => ({
      name,
      in: where,
      required: where === 'path' || (shape?.required?.includes(name) ?? false),
      schema: field,
    }));
  };
  const declared = named('path', operation.params);
  const inPath = [...operation.path.matchAll(/\{(\w+)\*?\}/g)].map(([, name]) => name);
  const plain = inPath
    .filter((name) => !declared.some((one) => one.name === name))
    .map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));
  return [...declared, ...plain, ...named('query', operation.query), ...named('header', operation.headers)];
}

function responsesOf(operations: readonly Operation[], at: (schema: TSchema) => TSchema): Json {
  const responses: Json = {};
  const byStatus = Map.groupBy(operations, (one) => one.status ?? (one.reply || streamsReply(one) ? 200 : 204));
  for (const [status, answering] of byStatus) {
    const replies = answering.flatMap((one) => (one.reply ? [at(one.reply)] : []));
    responses[status] = {
      description: nodeHttp.STATUS_CODES[status] ?? '',
      ...(replies.length > 0 ? { content: { 'application/json': { schema: oneOf(replies) } } } : {}),
      ...(answering.some(streamsReply) ? { content: { 'application/octet-stream': {} } } : {}),
    };
  }
  for (const status of new Set(operations.flatMap((one) => one.errors ?? [])))
    responses[status] ??= { description: nodeHttp.STATUS_CODES[status] ?? '' };
  return responses;
}

function oneOf(schemas: readonly TSchema[]): unknown {
  return schemas.length === 1 ? schemas[0] : { anyOf: schemas };
}
