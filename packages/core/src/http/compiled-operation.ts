import type { TSchema } from 'typebox';
import type { Microversion } from '../context/index.ts';
import { compareVersion, parseVersion, pruneAt, schemaAt } from '../microversion/index.ts';
import { type Operation, streamsReply, streamsRequest } from './operation.ts';
import { listParameters } from './repeated-parameters.ts';
import type { Route } from './route.ts';
import { bodyValidator, queryValidator, type Validator } from './validator.ts';

/** What one version of an operation checks and shows. */
export interface VersionedOperation {
  readonly params?: Validator;
  readonly query?: Validator;
  readonly headers?: Validator;
  readonly body?: Validator;
  /** Takes out what the version does not have. */
  readonly prune?: (reply: unknown) => unknown;
  /** Only with `checkReplies`: the pruned reply must satisfy its own contract. */
  readonly reply?: Validator;
}

/** A route with everything worked out that does not depend on the request. */
export class CompiledOperation {
  readonly operation: Operation;
  readonly handler: Route['handler'];
  readonly name: string;
  readonly status: number;
  readonly isPublic: boolean;
  /** The policy to ask; undefined when a valid token is enough or none is needed. */
  readonly policyName: string | undefined;
  readonly authorizesResource: boolean;
  readonly streamsRequest: boolean;
  readonly streamsReply: boolean;
  readonly takesBody: boolean;
  readonly maxBodyBytes: number;
  readonly min: Microversion | undefined;
  readonly max: Microversion | undefined;
  /** Query parameters that are lists: of the others one value counts. */
  readonly listParameters: ReadonlySet<string>;
  readonly #checkReplies: boolean;
  readonly #byVersion = new Map<string, VersionedOperation>();

  constructor(route: Route, options: { maxBodyBytes: number; checkReplies: boolean }) {
    const { operation } = route;
    this.operation = operation;
    this.handler = route.handler;
    this.name = operation.name;
    this.status = operation.status ?? (operation.reply || streamsReply(operation) ? 200 : 204);
    this.isPublic = operation.policy === 'none';
    this.policyName = typeof operation.policy === 'object' ? operation.policy.name : undefined;
    this.authorizesResource = operation.authorize === 'resource';
    this.streamsRequest = streamsRequest(operation);
    this.streamsReply = streamsReply(operation);
    this.takesBody = !this.streamsRequest && (operation.body !== undefined || operation.action !== undefined);
    this.maxBodyBytes =
      operation.maxBodyBytes ?? (this.streamsRequest ? Number.POSITIVE_INFINITY : options.maxBodyBytes);
    this.min = operation.versions?.min === undefined ? undefined : parseVersion(operation.versions.min);
    this.max = operation.versions?.max === undefined ? undefined : parseVersion(operation.versions.max);
    this.listParameters = listParameters(operation.query);
    this.#checkReplies = options.checkReplies && !this.streamsReply;
  }

  /** Whether the operation is there in a version; always, in a service without versions. */
  existsIn(version: Microversion | undefined): boolean {
    if (version === undefined) return true;
    if (this.min !== undefined && compareVersion(version, this.min) < 0) return false;
    return this.max === undefined || compareVersion(version, this.max) <= 0;
  }

  /** Validators and pruning for a version, made on first use. */
  at(version: Microversion | undefined): VersionedOperation {
    const key = version === undefined ? '' : `${version.major}.${version.minor}`;
    let built = this.#byVersion.get(key);
    if (!built) {
      built = this.#build(version);
      this.#byVersion.set(key, built);
    }
    return built;
  }

  #build(version: Microversion | undefined): VersionedOperation {
    const { params, query, headers, body, reply } = this.operation;
    const schemaOf = (schema: TSchema) => (version === undefined ? schema : schemaAt(schema, version));
    const optional = <T>(schema: TSchema | undefined, make: (schema: TSchema) => T) =>
      schema === undefined ? undefined : make(schemaOf(schema));
    return {
      params: optional(params, (schema) => queryValidator(schema, 'path')),
      query: optional(query, queryValidator),
      headers: optional(headers, (schema) => queryValidator(schema, 'header')),
      body: this.takesBody ? optional(body, bodyValidator) : undefined,
      prune: reply === undefined || version === undefined || this.streamsReply ? undefined : pruneAt(reply, version),
      reply: this.#checkReplies ? optional(reply, bodyValidator) : undefined,
    };
  }
}

/** All operations on one method and path: one, one per range of versions, or one per action. */
export class Endpoint {
  readonly method: string;
  readonly path: string;
  readonly operations: readonly CompiledOperation[];
  /** The name before it is known which operation is meant. */
  readonly name: string;
  readonly isPublic: boolean;
  /** By body key; several for one key differ in versions. */
  readonly actions: ReadonlyMap<string, readonly CompiledOperation[]> | undefined;
  readonly maxBodyBytes: number;

  /** @throws Error when operations contradict each other. */
  constructor(operations: readonly CompiledOperation[]) {
    const [first] = operations;
    if (!first) throw new Error('an endpoint needs an operation');
    this.method = first.operation.method;
    this.path = first.operation.path;
    this.operations = operations;
    const withAction = operations.filter((one) => one.operation.action !== undefined);
    if (withAction.length !== 0 && withAction.length !== operations.length) {
      throw new Error(`${this.method} ${this.path}: either all of its operations are actions or none is`);
    }
    this.name = operations.length === 1 ? first.name : `${this.method} ${this.path}`;
    this.isPublic = operations.every((one) => one.isPublic);
    if (!this.isPublic && operations.some((one) => one.isPublic))
      throw new Error(`${this.method} ${this.path}: public for some of its operations only`);
    this.actions =
      withAction.length === 0 ? undefined : Map.groupBy(operations, (one) => one.operation.action as string);
    this.maxBodyBytes = Math.max(...operations.map((one) => one.maxBodyBytes));
  }
}
