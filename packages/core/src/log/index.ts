import pino from 'pino';
import { maskSecrets } from './mask-secrets.ts';

export { maskArguments, maskSecrets } from './mask-secrets.ts';

export type Logger = pino.Logger;

/** Keys whose values never reach a log line, at any of the depths that request and config objects have here. */
const SECRET_KEYS = [
  'password',
  'adminPass',
  'original_password',
  'secret',
  'token',
  'x-auth-token',
  'x-subject-token',
  'x-service-token',
  'private_key',
  'user_data',
];

/**
 * A JSON logger for one daemon: `{level, time, service, requestId?, msg, …}`. Secrets are masked wherever their name or form
 * gives them away, also in messages and errors (`maskSecrets`).
 * @param options.file where lines go (appended, 0600); standard output when absent.
 */
export function createLogger(options: { service: string; level?: string; file?: string }): Logger {
  const destination = options.file
    ? pino.destination({ dest: options.file, append: true, mkdir: true, sync: false, mode: 0o600 })
    : pino.destination({ dest: 1, sync: false });
  return pino(
    {
      level: options.level ?? 'info',
      base: { service: options.service },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: SECRET_KEYS.flatMap((key) => [`["${key}"]`, `*["${key}"]`, `*.*["${key}"]`]), censor: '***' },
      hooks: { streamWrite: maskSecrets },
    },
    destination,
  );
}

/** For tests and pure code: says nothing. */
export const silentLogger: Logger = pino({ level: 'silent' });
