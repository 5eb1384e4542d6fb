import type { Context } from '../context/index.ts';
import type { RpcVersion } from './contract.ts';
import type { WireError } from './wire-error.ts';

/** One request as its bytes say; the same on both buses. Where the reply goes is the transport's business. */
export interface RequestMessage {
  readonly id: string;
  readonly kind: 'call' | 'cast' | 'fanout';
  readonly method: string;
  readonly version: RpcVersion;
  readonly args: unknown;
  readonly from: string;
  readonly ctx?: Context;
  readonly traceparent?: string;
  /** Epoch ms; calls only. */
  readonly deadline?: number;
}

/** `reply` is absent when the handler gave nothing. */
export interface ReplyMessage {
  readonly from: string;
  readonly reply?: unknown;
  readonly error?: WireError;
}

export function encodeMessage(message: RequestMessage | ReplyMessage): Buffer {
  return Buffer.from(JSON.stringify(message));
}

/** @throws SyntaxError or TypeError for bytes that are no request of ours. */
export function decodeRequest(bytes: Buffer): RequestMessage {
  const message = JSON.parse(bytes.toString()) as RequestMessage;
  const { id, kind, method, version } = message;
  if (typeof id !== 'string' || typeof method !== 'string' || typeof version?.major !== 'number' || !kind) {
    throw new TypeError('not a Kumo RPC message');
  }
  return message;
}

export function decodeReply(bytes: Buffer): ReplyMessage {
  return JSON.parse(bytes.toString()) as ReplyMessage;
}
