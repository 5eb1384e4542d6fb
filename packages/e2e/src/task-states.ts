import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Cloud } from './cloud.ts';

/**
 * Has the database itself write down every change of a server's task state, so that none is missed however short it is.
 * For clouds on SQLite.
 */
export function watchTaskStates(cloud: Cloud): { of: (serverId: string) => (string | null)[] } {
  const withDatabase = <T>(work: (database: DatabaseSync) => T): T => {
    const database = new DatabaseSync(join(cloud.stateDir, 'db', 'nova.db'), { timeout: 10_000 });
    try {
      return work(database);
    } finally {
      database.close();
    }
  };
  withDatabase((database) =>
    database.exec(`
      create table e2e_task_states (server_id text, task_state text);
      create trigger e2e_inserted after insert on servers begin insert into e2e_task_states values (new.id, new.task_state); end;
      create trigger e2e_updated after update of task_state on servers when old.task_state is not new.task_state
        begin insert into e2e_task_states values (new.id, new.task_state); end;`),
  );
  const read = (database: DatabaseSync, serverId: string) =>
    database.prepare('select task_state from e2e_task_states where server_id = ? order by rowid').all(serverId);
  return {
    of: (serverId) =>
      withDatabase((database) => read(database, serverId).map((row) => row.task_state as string | null)),
  };
}
