import { startMariadb, startPostgres, type TestServer } from '../../core/src/testing/databases.ts';
import { type PrivateRabbitmq, startRabbitmq } from '../../core/src/testing/rabbitmq.ts';
import type { CloudOptions } from './cloud.ts';

/** A broker and a database of our own for a cloud whose daemons are processes; both end with the test's process at the latest. */
export interface ServersBeside extends AsyncDisposable {
  readonly rabbitmq: PrivateRabbitmq;
  readonly database: TestServer;
  /** What the cloud is told of them. */
  readonly options: Required<Pick<CloudOptions, 'layout' | 'bus' | 'database'>>;
}

export async function startServersBeside(kind: 'mariadb' | 'postgres'): Promise<ServersBeside> {
  const rabbitmq = await startRabbitmq();
  const database = await (kind === 'mariadb' ? startMariadb() : startPostgres()).catch(async (error: Error) => {
    await rabbitmq.destroy();
    throw error;
  });
  return {
    rabbitmq,
    database,
    options: { layout: 'processes', bus: rabbitmq.url, database: database.url('').replace(/\/$/, '') },
    [Symbol.asyncDispose]: async () => void (await Promise.all([rabbitmq.destroy(), database.stop()])),
  };
}
