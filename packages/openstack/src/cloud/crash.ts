import { actingDaemon } from '@kumo/core/daemon';
import type { Logger } from '@kumo/core/log';
import { metrics } from '@kumo/core/telemetry';

const rejections = metrics.counter(
  'kumo_unhandled_rejections_total',
  'Promises that were rejected and that nobody waited for, by daemon: faults of Kumo.',
  ['daemon'],
);

/**
 * What nobody caught names its daemon, and ends only what it must (ADR 0014): a rejected promise ends the request or flow that
 * left it, which others do not notice; after an exception the process's state is not to be trusted, and its keeper starts it again.
 *
 * @param daemons those of this process; when it is one only, everything is its.
 * @returns takes the handlers off again.
 */
export function watchForCrashes(log: Logger, daemons: readonly string[]): () => void {
  const whose = () => actingDaemon() ?? (daemons.length === 1 ? daemons[0]! : 'unknown');
  const onRejection = (reason: unknown) => {
    const daemon = whose();
    rejections.add({ daemon });
    log.error(
      { daemon, err: errorOf(reason) },
      `${daemon}: a promise was rejected and nobody waited for it; the rest goes on`,
    );
  };
  const onException = (error: unknown) => {
    const daemon = whose();
    const err = errorOf(error);
    log.fatal({ daemon, err }, `${daemon}: an error that nobody caught ends this process`);
    try {
      process.stderr.write(
        `kumo: ${daemon}: an error that nobody caught ends this process: ${err.stack ?? err.message}\n`,
      );
    } finally {
      // Loggers write what they have at exit.
      process.exit(1);
    }
  };
  process.on('unhandledRejection', onRejection);
  process.on('uncaughtException', onException);
  return () => {
    process.off('unhandledRejection', onRejection);
    process.off('uncaughtException', onException);
  };
}

function errorOf(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(`not an error but ${String(reason)}`);
}
