import pino from 'pino';

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
 * A JSON logger for one daemon: `{level, time, service, requestId?, msg, …}`.
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
    },
    destination,
  );
}

/** For tests and pure code: says nothing. */
export const silentLogger: Logger = pino({ level: 'silent' });
