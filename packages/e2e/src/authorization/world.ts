import type { Operation } from '@kumo/core/http';
import type { FastifyInstance } from 'fastify';
import type { FactService } from '../../../openstack/test/policy-facts.ts';

/** Ids by the names that they have in paths. */
export type Ids = Readonly<Record<string, string>>;

/** Who asks. `reader`, `member`, `manager` and `admin` are of the project that the targets belong to, `domainManager` of its domain. */
export const PERSONAS = [
  'none',
  'reader',
  'member',
  'manager',
  'admin',
  'systemReader',
  'systemAdmin',
  'other',
  'domainManager',
  'otherDomainManager',
  'serviceOnly',
] as const;
export type Persona = (typeof PERSONAS)[number];

/** What a rule reads of a persona, as oslo.policy's credentials name it. */
export interface Caller {
  readonly token: string;
  readonly credentials: Readonly<Record<string, unknown>>;
}

/** What an operation is asked with. */
export interface Ask {
  /** Where a name of the path means something else than in other operations. */
  readonly ids?: Ids;
  readonly body?: unknown;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Target = Readonly<Record<string, unknown>>;

/** OpenStack's published rules. */
export interface Rules {
  /** Whether the rule holds and the token's scope is one of its own. */
  holds(rule: string, caller: Caller, target: Target): boolean;
  /** Whether the token's scope is one of the rule's own. */
  scopeFits(rule: string, caller: Caller): boolean;
}

/** A service in this process, with things in it to act on. */
export interface World {
  readonly service: FactService;
  readonly app: FastifyInstance;
  readonly callers: Readonly<Record<Exclude<Persona, 'none'>, Caller>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Operations that are left out of the table, by name, each with the reason. */
  readonly leftOut: Readonly<Record<string, string>>;
  /** Answers that are not what the rule says, by `operation persona` or `operation *`, each with the reason. */
  readonly exceptions: Readonly<Record<string, Exception>>;
  /** Operations whose answers tell everybody whether a thing exists, by name, each with the reason. */
  readonly tells?: Readonly<Record<string, string>>;
  /** What the service says to who may not see a thing: that it is not there (404), or that it may not be done (403). */
  readonly hides: boolean;
  /** Fresh targets: called again after each change that an allowed caller has made. */
  make(): Promise<Ids>;
  /** Changes after which the targets serve as before; for worlds whose targets take long to make. */
  keeps?(operation: Operation): boolean;
  /** A body that is taken, and what else the operation needs; undefined: a smallest body by its schema. */
  ask(operation: Operation, ids: Ids): Ask | undefined;
  /** What the rule's check reads of the targets, or of what is made. */
  target(operation: Operation, ids: Ids, caller: Caller): Target;
  /** The rule of an operation whose contract names none, because it depends on what is asked. */
  rule?(operation: Operation): string | undefined;
  /** Whether the caller would see the target of an operation that it may not do; only asked where `hides`. */
  sees?(operation: Operation, caller: Caller, target: Target, rules: Rules): boolean;
  stop(): Promise<void>;
}

export interface Exception {
  readonly status: number;
  readonly why: string;
}

/** Whether the operation's path names a thing. */
export const namesOne = ({ path }: Operation): boolean => path.includes('{');
export const isRead = ({ method }: Operation): boolean => method === 'GET';
