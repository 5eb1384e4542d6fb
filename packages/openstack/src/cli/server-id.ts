import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { KumoError } from '@kumo/core/errors';
import { isUuid } from '@kumo/core/schema';
import { type CloudClients, cloudClients } from '../cloud/peers.ts';
import type { KumoConfig } from '../config/schema.ts';
import { openSecrets } from '../config/secrets.ts';
import { CommandError } from './command-error.ts';

const PAGE = 1000;
/** Somebody waits, and most often the cloud is down. */
const DEADLINE_MS = 5_000;

interface Candidate {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly tenant_id: string;
  readonly created: string;
}

/**
 * The id of a server that a person names by its id or its name. An id is not looked up, so that it can be used while the cloud
 * is down; a name is asked of nova-api as the cloud's admin, in all projects, and among deleted servers when no other has it.
 *
 * @throws CommandError when no server has the name, when several have it (it lists their ids), or when nova-api does not answer.
 */
export async function serverIdOf(config: KumoConfig, idOrName: string): Promise<string> {
  if (isUuid(idOrName)) return idOrName.toLowerCase();
  const found = await candidatesFor(config, idOrName);
  if (found.length === 1) return found[0]!.id;
  if (found.length === 0)
    throw new CommandError(
      `no server has the id or the name ${idOrName}: 'openstack server list --all-projects' shows those that there are`,
    );
  const list = found.map(
    ({ id, status, tenant_id, created }) => `${id} (${status}, project ${tenant_id}, created ${created})`,
  );
  throw new CommandError(`${found.length} servers are named ${idOrName}; give the id of one: ${list.join('; ')}`);
}

async function candidatesFor(config: KumoConfig, name: string): Promise<Candidate[]> {
  const offline = `names of servers are looked up in nova-api, which does not answer: start the cloud with kumo up, or give the id`;
  // Secrets are made by the first `up`; without them nobody could log in.
  if (!existsSync(join(config.stateDir, 'secrets.yaml'))) throw new CommandError(offline);
  const secrets = openSecrets(config.stateDir, config.passwords);
  const clients = cloudClients(config, { username: 'admin', password: secrets.admin, project: 'admin' }, DEADLINE_MS);
  try {
    const alive = await named(clients, name, {});
    return alive.length > 0 ? alive : await named(clients, name, { deleted: 'true' });
  } catch (error) {
    if (error instanceof KumoError && error.kind === 'unavailable')
      throw new CommandError(`${offline} (${error.message})`, { cause: error });
    throw error;
  } finally {
    await clients.close();
  }
}

/** Nova's filter takes a part of a name, or a pattern: what it gives is compared with the whole name. */
async function named({ nova }: CloudClients, name: string, more: { deleted?: string }): Promise<Candidate[]> {
  const found: Candidate[] = [];
  for (let marker: string | undefined; ; ) {
    const query = { name: name.slice(0, 255), all_tenants: '1', limit: PAGE, ...more, ...(marker && { marker }) };
    const { servers } = await nova.listServersDetail({ query });
    for (const { id, name: one = '', status = '', tenant_id = '', created = '' } of servers)
      if (one === name) found.push({ id, name: one, status, tenant_id, created });
    if (servers.length < PAGE) return found;
    marker = servers.at(-1)!.id;
  }
}
