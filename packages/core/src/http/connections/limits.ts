/** How long a connection may take over each of its stages. */
export interface ConnectionLimits {
  /** From the TCP connection to the end of TLS's handshake. */
  readonly handshakeMs: number;
  /** Until the first byte of a first request, and from there until its headers have ended. */
  readonly headersMs: number;
  /** Until a body that is parsed (JSON) has arrived whole. */
  readonly bodyMs: number;
  /** From a reply to the next request. */
  readonly keepAliveMs: number;
  /**
   * Of each such span of an upload or a download in which it was the client's turn, at least `minBytesPerSecond` on the
   * average must have gone through. While it is ours (a slow disk, a slow handler) nothing is counted.
   */
  readonly stallMs: number;
  readonly minBytesPerSecond: number;
  /** Requests of one connection that may wait for their replies at once. */
  readonly pipelined: number;
}

export const DEFAULT_LIMITS: ConnectionLimits = {
  handshakeMs: 10_000,
  headersMs: 30_000,
  bodyMs: 60_000,
  // Longer than the usual load balancer's, so that it is not we who close a connection in its hands.
  keepAliveMs: 75_000,
  stallMs: 60_000,
  minBytesPerSecond: 256,
  pipelined: 32,
};

/** How long what is still sent after a reply is read and thrown away. */
export const DRAIN_MS = 5_000;

/** Node itself ends a connection that is not used again, at the time that it told the client; this is for those it forgets. */
export const KEEP_ALIVE_GRACE_MS = 3_000;
