let originMs = performance.timeOrigin;

/**
 * The time in milliseconds since the epoch, to the microsecond. The wall clock alone is too coarse to tell the order of a
 * trace's steps, and the monotonic clock alone drifts from those of other processes: so the one interpolates the other.
 */
export function preciseNowMs(): number {
  const elapsedMs = performance.now();
  const wallMs = Date.now();
  const guessMs = originMs + elapsedMs;
  if (guessMs < wallMs) originMs += wallMs - guessMs;
  else if (guessMs >= wallMs + 1) originMs -= guessMs - (wallMs + 0.999);
  return originMs + elapsedMs;
}
