import type { FastifyReply } from 'fastify';
import type { Context } from '../context/index.ts';
import { forbidden, KumoError } from '../errors/index.ts';
import type { PolicyChecker } from './app-options.ts';
import type { CompiledOperation } from './compiled-operation.ts';
import type { RawRequest } from './request-facts.ts';
import type { AuthorizeOptions, HandlerInput, ReplyControl } from './route.ts';

export interface InvocationParts {
  readonly ctx: Context;
  readonly compiled: CompiledOperation;
  readonly params: Record<string, string>;
  readonly query: HandlerInput['query'];
  readonly body: unknown;
  readonly headers: HandlerInput['headers'];
  readonly request: RawRequest;
  readonly policies: PolicyChecker;
  readonly fastifyReply: FastifyReply;
}

/** What a handler is given. Its functions are made when the handler takes them, so that most requests make none. */
export class Invocation implements HandlerInput {
  readonly ctx: Context;
  readonly params: Record<string, string>;
  readonly query: HandlerInput['query'];
  readonly body: undefined;
  readonly headers: HandlerInput['headers'];
  readonly request: RawRequest;
  /** Whether the handler asked its resource's policy. */
  authorized = false;
  /** Set by the handler instead of the contract's. */
  chosenStatus: number | undefined;
  readonly #parts: InvocationParts;

  constructor(parts: InvocationParts) {
    this.#parts = parts;
    this.ctx = parts.ctx;
    this.params = parts.params;
    this.query = parts.query;
    this.body = parts.body as undefined;
    this.headers = parts.headers;
    this.request = parts.request;
  }

  get authorize(): HandlerInput['authorize'] {
    return (target, options = {}) => this.#authorize(target, options);
  }

  get allows(): HandlerInput['allows'] {
    const { policies, ctx } = this.#parts;
    return (rule, target) => policies.allows(rule, ctx, target ?? ownTarget(ctx));
  }

  get serviceAllows(): HandlerInput['serviceAllows'] {
    const { policies, ctx } = this.#parts;
    const service: Context = { ...ctx, roles: ctx.serviceRoles };
    return (rule, target) => service.roles.length > 0 && policies.allows(rule, service, target);
  }

  get reply(): ReplyControl {
    const { fastifyReply } = this.#parts;
    return {
      header: (name, value) => void fastifyReply.header(name, value),
      status: (code) => {
        this.chosenStatus = code;
      },
    };
  }

  #authorize(target: Record<string, unknown>, options: AuthorizeOptions): void {
    const { compiled, policies, ctx } = this.#parts;
    const rule = options.rule ?? compiled.policyName;
    if (rule === undefined) throw new Error(`${compiled.name} has no policy of its own: authorize() needs a rule`);
    this.authorized = true;
    try {
      policies.enforce(rule, ctx, target);
    } catch (error) {
      if (options.notFound !== undefined && error instanceof KumoError && forbidden.is(error)) throw options.notFound;
      throw error;
    }
  }
}

/** The target of a rule when no resource is at hand: the caller's own things. */
export function ownTarget(ctx: Context): Record<string, unknown> {
  return { project_id: ctx.projectId, user_id: ctx.userId };
}
