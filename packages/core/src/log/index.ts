import pino from 'pino';
import { maskFields } from './mask-fields.ts';
import { maskSecrets } from './mask-secrets.ts';

export { maskArguments, maskSecrets } from './mask-secrets.ts';

export type Logger = pino.Logger;

/** An error's own fields are fields of the line's `err`. */
const serializers = { err: (error: Error) => maskFields(pino.stdSerializers.err(error)) };

/**
 * A JSON logger for one daemon: `{level, time, service, requestId?, msg, …}`. Secrets are masked wherever their name or form
 * gives them away: in fields (`maskFields`), and in texts, also in messages and errors (`maskSecrets`).
 * @param options.file where lines go (appended, 0600); standard output when absent.
 */
export function createLogger(options: { service: string; level?: string; file?: string }): Logger {
  const destination = options.file
    ? pino.destination({ dest: options.file, append: true, mkdir: true, sync: false, mode: 0o600 })
    : pino.destination({ dest: 1, sync: false });
  const logger = pino(
    {
      level: options.level ?? 'info',
      base: { service: options.service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { log: maskFields },
      serializers,
      hooks: { streamWrite: maskSecrets },
    },
    destination,
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
