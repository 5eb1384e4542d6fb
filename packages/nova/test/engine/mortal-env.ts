import type { Transport } from '@kumo/core/client';
import type { DaemonEnv } from '@kumo/core/daemon';
import type { Bus, Serving } from '@kumo/core/rpc';

export interface MortalEnv {
  readonly env: DaemonEnv;
  /** How many calls to other daemons were made since `arm`. */
  readonly calls: number;
  readonly died: Promise<void>;
  /** The process dies with its n-th call from now on: before it is sent, or after it was answered but not heard. */
  arm(call: number, when: 'before' | 'after'): void;
  kill(): Promise<void>;
  /** After the test: what the dead process still waits for fails, so that its daemon object can be stopped. */
  bury(): void;
}

/** An environment whose daemon can be killed as with SIGKILL: nothing that it says is heard, nothing it hears reaches it. */
export function mortalEnv(env: DaemonEnv): MortalEnv {
  const { promise: died, resolve: die } = Promise.withResolvers<void>();
  const servings: Serving[] = [];
  let dead = false;
  let calls = 0;
  let fatal: { call: number; when: 'before' | 'after' } | undefined;
  const burial = Promise.withResolvers<never>();
  burial.promise.catch(() => {});
  const silence = (): Promise<never> => {
    dead = true;
    die();
    return burial.promise;
  };
  const live = async <T>(work: () => Promise<T>): Promise<T> => {
    if (dead) return silence();
    calls++;
    const last = calls === fatal?.call ? fatal.when : undefined;
    if (last === 'before') return silence();
    try {
      const answer = await work();
      return last === 'after' || dead ? silence() : answer;
    } catch (error) {
      return dead ? silence() : Promise.reject(error);
    }
  };
  const bus: Bus = {
    ...env.bus,
    healthy: () => env.bus.healthy(),
    close: () => env.bus.close(),
    serve: async (contract, options, handlers) => {
      const serving = await env.bus.serve(contract, options, handlers);
      servings.push(serving);
      return serving;
    },
    client: (contract, options) =>
      new Proxy(env.bus.client(contract, options), {
        get: (target, name) => {
          const method = target[name as keyof typeof target] as (...args: unknown[]) => Promise<unknown>;
          return (...args: unknown[]) => live(() => method(...args));
        },
      }),
  };
  const transport = (inner: Transport): Transport => ({ ...inner, send: (request) => live(() => inner.send(request)) });
  return {
    env: { ...env, bus, transport: (daemon) => transport(env.transport(daemon)) },
    get calls() {
      return calls;
    },
    died,
    arm: (call, when) => {
      calls = 0;
      fatal = { call, when };
    },
    bury: () => burial.reject(new Error('buried')),
    kill: async () => {
      dead = true;
      die();
      await Promise.all(servings.map((serving) => serving.close()));
    },
  };
}
