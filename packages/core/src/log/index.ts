/**
 * JSON lines of one daemon, with secrets masked.
 */

import pino from 'pino';
import { LogSink } from './log-sink.ts';
import { maskFields } from './mask-fields.ts';
import { maskSecrets } from './mask-secrets.ts';

export { maskArguments, maskSecrets } from './mask-secrets.ts';

export type Logger = pino.Logger;

/** An error's own fields are fields of the line's `err`. */
const serializers = { err: (error: Error) => maskFields(pino.stdSerializers.err(error)) };

/**
 * A JSON logger for one daemon: `{level, time, service, requestId?, msg, …}`. Secrets are masked wherever their name or form
 * gives them away: in fields (`maskFields`), and in texts, also in messages and errors (`maskSecrets`).
 * A line is never waited for and never throws, whatever becomes of the disk: `LogSink`.
 * @param options.file where lines go (appended, 0600); standard output when absent.
 */
export function createLogger(options: { service: string; level?: string; file?: string }): Logger {
  const sink = new LogSink({
    service: options.service,
    to: options.file ?? 1,
    onRecovered: (linesLost, err) => logger.warn({ err, linesLost }, 'the log can be written again'),
  });
  const logger: Logger = pino(
    {
      level: options.level ?? 'info',
      base: { service: options.service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { log: maskFields },
      serializers,
      hooks: { streamWrite: maskSecrets },
    },
    sink,
  );
  // What a child says with every line goes past the formatter. Children inherit this.
  const { child } = logger;
  logger.child = function (bindings, options) {
    return child.call(this, maskFields(bindings), options) as never;
  };
  return logger;
}

/** For tests and pure code: says nothing. */
export const silentLogger: Logger = pino({ level: 'silent' });
