/** Replies that wait for each other at most; the first of more would wait too long. */
const MOST = 32;

interface Turn {
  readonly over: Promise<void>;
  readonly end: () => void;
  waiting: number;
}

let current: Turn | undefined;

/**
 * Resolves when all that this turn of the event loop found ready has been looked at, so that the replies to all of it are
 * written one after the other (docs/adr/0011). Who waits alone waits for nothing.
 */
export function turnsEnd(): Promise<void> {
  const turn = current ?? begin();
  turn.waiting += 1;
  if (turn.waiting === MOST) turn.end();
  return turn.over;
}

function begin(): Turn {
  const { promise, resolve } = Promise.withResolvers<void>();
  const turn: Turn = {
    over: promise,
    waiting: 0,
    end: () => {
      if (current === turn) current = undefined;
      resolve();
    },
  };
  setImmediate(turn.end);
  current = turn;
  return turn;
}
