import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { addressKey } from '../client-address.ts';
import { refuseGently } from '../lingering-close.ts';
import { type ConnectionLimits, DRAIN_MS, KEEP_ALIVE_GRACE_MS } from './limits.ts';

/** What a connection took too long over. */
export type Overdue = 'handshake' | 'headers' | 'idle' | 'body' | 'reply';

interface UnderWay {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** A span of an upload or a download in which the client owes something. */
interface Turn {
  readonly of: 'body' | 'reply';
  readonly since: number;
  readonly bytes: number;
}

/**
 * What one connection is doing. It is told of requests only when they begin; that they have ended is seen when it is looked
 * at, so that a request costs next to nothing.
 */
export class Connection {
  readonly address: string;
  /** Whom it is counted for. */
  readonly key: string;
  readonly limits: ConnectionLimits;
  readonly #raw: Socket;
  readonly #openedAt = performance.now();
  /** What HTTP is spoken on; undefined during TLS's handshake. */
  #socket: Socket | undefined;
  #served = false;
  readonly #underWay: UnderWay[] = [];
  /** Undefined while a request is under way, and until it is seen that the last one has ended. */
  #idleSince: number | undefined = this.#openedAt;
  #idleBytes = 0;
  #headersSince: number | undefined;
  #answeredAt: number | undefined;
  #turn: Turn | undefined;

  constructor(raw: Socket, { key, limits, tls }: { key?: string | undefined; limits: ConnectionLimits; tls: boolean }) {
    this.#raw = raw;
    this.address = raw.remoteAddress ?? '';
    this.key = key ?? addressKey(this.address);
    this.limits = limits;
    if (!tls) this.#socket = raw;
  }

  /** TLS's handshake is over. */
  secured(socket: Socket): void {
    this.#socket = socket;
    this.#idleSince = performance.now();
    this.#idleBytes = this.#raw.bytesRead;
  }

  /** A request has come; false when too many of this connection wait already. */
  begin(request: IncomingMessage, response: ServerResponse): boolean {
    this.#served = true;
    this.#headersSince = undefined;
    this.#idleSince = undefined;
    this.#forgetEnded();
    if (this.#underWay.length >= this.limits.pipelined) return false;
    this.#underWay.push({ request, response });
    return true;
  }

  /** True while no request waits for its answer. */
  isIdle(now: number): boolean {
    this.#forgetEnded();
    if (this.#underWay.length > 0) return false;
    if (this.#idleSince === undefined) {
      this.#idleSince = now;
      this.#idleBytes = this.#raw.bytesRead;
    }
    return true;
  }

  /**
   * How long it has waited for its client, the more the less is lost with it: one without a request counts before one whose
   * request's body is still to come. Undefined while a request of its is served.
   */
  waitingFor(now: number): number | undefined {
    if (this.isIdle(now)) return 1e12 + now - (this.#idleSince ?? now);
    const [head] = this.#underWay;
    return head && !head.request.complete ? now - this.#openedAt : undefined;
  }

  /** Whether it has taken too long; to be asked regularly. */
  overdue(now: number): Overdue | undefined {
    const { handshakeMs } = this.limits;
    if (!this.#socket) return now - this.#openedAt > handshakeMs ? 'handshake' : undefined;
    if (this.isIdle(now)) return this.#overdueIdle(now);
    const head = this.#underWay[0] as UnderWay;
    if (hasEnded(head.response)) {
      // What is left of the body is read and thrown away.
      this.#answeredAt ??= now;
      return now - this.#answeredAt > DRAIN_MS ? 'body' : undefined;
    }
    const { request } = head;
    if (!request.complete && request.readableLength === 0) return this.#overdueTurn('body', this.#raw.bytesRead, now);
    const { written, waiting } = sent(this.#raw);
    if (waiting > 0) return this.#overdueTurn('reply', written - waiting, now);
    this.#turn = undefined;
    return undefined;
  }

  /** Ends it at once; one whose headers did not come is told so first. */
  end(why: Overdue | 'no room' | 'closing'): void {
    const socket = this.#socket;
    if (socket && why === 'headers') {
      refuseGently(socket, '408 Request Timeout');
      return;
    }
    socket?.destroy();
    this.#raw.destroy();
  }

  #overdueIdle(now: number): Overdue | undefined {
    const { headersMs, keepAliveMs } = this.limits;
    if (this.#raw.bytesRead !== this.#idleBytes) this.#headersSince ??= now;
    if (this.#headersSince !== undefined) return now - this.#headersSince > headersMs ? 'headers' : undefined;
    return now - (this.#idleSince ?? now) > (this.#served ? keepAliveMs + KEEP_ALIVE_GRACE_MS : headersMs)
      ? 'idle'
      : undefined;
  }

  #overdueTurn(of: Turn['of'], bytes: number, now: number): Overdue | undefined {
    const { stallMs, minBytesPerSecond } = this.limits;
    if (this.#turn?.of !== of) {
      this.#turn = { of, since: now, bytes };
      return undefined;
    }
    const lasted = now - this.#turn.since;
    if (lasted < stallMs) return undefined;
    if (bytes - this.#turn.bytes < (minBytesPerSecond * lasted) / 1000) return of;
    this.#turn = { of, since: now, bytes };
    return undefined;
  }

  #forgetEnded(): void {
    const underWay = this.#underWay;
    while (underWay[0] && hasEnded(underWay[0].response) && underWay[0].request.complete) {
      underWay.shift();
      this.#answeredAt = undefined;
      this.#turn = undefined;
    }
  }
}

function hasEnded(response: ServerResponse): boolean {
  return response.writableFinished || response.destroyed;
}

/** What the system was given to send, and how much of it waits; of sockets Node tells only its own timeouts. */
function sent(socket: Socket): { written: number; waiting: number } {
  const { _handle: handle } = socket as Socket & {
    _handle?: { bytesWritten?: number; writeQueueSize?: number } | null;
  };
  return { written: handle?.bytesWritten ?? 0, waiting: handle?.writeQueueSize ?? 0 };
}
