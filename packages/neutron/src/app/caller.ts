import type { Context } from '@kumo/core/context';
import type { KumoError } from '@kumo/core/errors';

/** The target of a policy rule. */
export type Target = Record<string, unknown>;

/** Who asks, and what they may. */
export interface Caller {
  readonly ctx: Context;
  readonly projectId: string;
  /** May see every project's resources. */
  readonly seesAll: boolean;
  readonly isAdmin: boolean;
  allows(rule: string, target: Target): boolean;
  /** The operation's own rule must hold. @throws forbidden, or `notFound`. */
  authorize(target: Target, notFound?: KumoError): void;
  /** Refuses before anything is looked up what the caller may not even do to a resource of their own. */
  authorizeOwn(): void;
  /** The rules on the attributes that a body sets: `create_port:fixed_ips`, `create_port:fixed_ips:ip_address`, … */
  authorizeAttributes(action: string, body: Readonly<Record<string, unknown>>, target: Target): void;
}
