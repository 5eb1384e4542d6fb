import type { GuestEvent, GuestEventType } from './driver.ts';

const MAX_WAITING = 10_000;

interface Reader {
  waiting: GuestEvent[];
  wake: () => void;
}

/** Hands each event to every reader; a reader that does not keep up loses its oldest events, never memory. */
export class GuestEvents {
  readonly #readers = new Set<Reader>();

  publish(serverId: string, type: GuestEventType): void {
    const event: GuestEvent = { serverId, type, at: new Date().toISOString() };
    for (const reader of this.#readers) {
      reader.waiting.push(event);
      if (reader.waiting.length > MAX_WAITING) reader.waiting.shift();
      reader.wake();
    }
  }

  /** The reader is registered at once, not at its first `next()`: what happens in between is not lost. */
  subscribe(signal: AbortSignal): AsyncIterable<GuestEvent> {
    const reader: Reader = { waiting: [], wake: () => {} };
    this.#readers.add(reader);
    const stop = () => {
      this.#readers.delete(reader);
      reader.wake();
    };
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    return this.#read(reader, signal);
  }

  async *#read(reader: Reader, signal: AbortSignal): AsyncGenerator<GuestEvent> {
    try {
      while (!signal.aborted) {
        const event = reader.waiting.shift();
        if (event) yield event;
        else {
          await new Promise<void>((resolve) => {
            reader.wake = resolve;
          });
        }
      }
    } finally {
      this.#readers.delete(reader);
    }
  }
}
