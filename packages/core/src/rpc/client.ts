import { randomUUID } from 'node:crypto';
import type { Context } from '../context/index.ts';
import { currentTraceparent, withSpan } from '../trace/index.ts';
import type { ClientOptions } from './bus.ts';
import {
  type CastOptions,
  parseVersion,
  type RpcClient,
  type RpcContract,
  type RpcMethod,
  type RpcMethods,
} from './contract.ts';
import { remoteFailure } from './errors.ts';
import { decodeReply, encodeMessage, type RequestMessage } from './message.ts';
import type { BusTransport, Outgoing } from './transport.ts';
import { decodeError, type WireError } from './wire-error.ts';

const CAST_TIMEOUT_MS = 30_000;

interface Sender {
  readonly transport: BusTransport;
  readonly topic: string;
  readonly version: RequestMessage['version'];
  readonly from: string;
  readonly to: string;
}

/** One method per method of the contract, each a client span around its message. */
export function makeClient<M extends RpcMethods>(
  transport: BusTransport,
  contract: RpcContract<M>,
  options: ClientOptions,
): RpcClient<M> {
  const { from, to = contract.topic } = options;
  const version = options.version === undefined ? contract.version : parseVersion(options.version);
  const sender: Sender = { transport, topic: contract.topic, version, from, to };
  const methods = Object.entries(contract.methods).map(([name, method]) => [
    name,
    (args: unknown, sendOptions: CastOptions = {}) => send(sender, name, method, args, sendOptions),
  ]);
  // Built from the contract's own entries, which is what RpcClient<M> is mapped from.
  return Object.fromEntries(methods) as RpcClient<M>;
}

function send(sender: Sender, name: string, method: RpcMethod, args: unknown, options: CastOptions): Promise<unknown> {
  const kind = method.kind === 'call' ? 'call' : options.fanout ? 'fanout' : 'cast';
  const fullName = `${sender.topic}.${name}`;
  const attributes = spanAttributes(sender.transport, name, kind, 'publish');
  return withSpan(fullName, { kind: 'amqp', from: sender.from, to: sender.to, attributes }, async () => {
    const timeoutMs = options.timeoutMs ?? (method.kind === 'call' ? method.timeoutMs : CAST_TIMEOUT_MS);
    const deadline = Date.now() + timeoutMs;
    const request: RequestMessage = {
      id: randomUUID(),
      kind,
      method: name,
      version: sender.version,
      args,
      from: sender.from,
      ctx: options.ctx && carried(options.ctx, options.withToken ?? false),
      traceparent: currentTraceparent(),
      deadline: kind === 'call' ? deadline : undefined,
    };
    const outgoing: Outgoing = { id: request.id, bytes: encodeMessage(request), deadline, method: fullName };
    if (kind === 'fanout') return sender.transport.fanout(sender.topic, outgoing);
    const address = { topic: sender.topic, server: options.server };
    if (kind === 'cast') return sender.transport.cast(address, outgoing);
    return takeReply(sender, name, outgoing, await sender.transport.call(address, outgoing));
  });
}

function takeReply(sender: Sender, name: string, outgoing: Outgoing, bytes: Buffer): Promise<unknown> {
  const { from, reply, error } = decodeReply(bytes);
  const attributes = spanAttributes(sender.transport, name, 'call', 'reply.received');
  return withSpan(
    `${outgoing.method}.reply.received`,
    { kind: 'amqp', from, to: sender.from, attributes },
    async () => {
      if (error) throw errorFrom(error, from, outgoing);
      return reply;
    },
  );
}

function errorFrom(error: WireError, by: string, outgoing: Outgoing): Error {
  const decoded = decodeError(error);
  if (error.kind !== 'unknown') return decoded;
  return remoteFailure({ by, method: outgoing.method, messageId: outgoing.id }, { cause: decoded });
}

function carried(ctx: Context, withToken: boolean): Context {
  return withToken ? ctx : { ...ctx, token: undefined };
}

/** `phase`: publish, take, reply, reply.received. */
export function spanAttributes(
  transport: BusTransport,
  method: string,
  kind: RequestMessage['kind'],
  phase: 'publish' | 'take' | 'reply' | 'reply.received',
): Record<string, string> {
  return {
    'rpc.system': 'kumo',
    'rpc.method': method,
    'messaging.system': transport.system,
    'kumo.rpc': kind,
    'kumo.rpc.phase': phase,
  };
}
