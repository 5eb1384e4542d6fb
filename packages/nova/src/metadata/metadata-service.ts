import type { Db } from '@kumo/core/db';
import { describeServer } from '../app/building/describe-server.ts';
import type { NetworkSide } from '../compute/network-side.ts';
import type { NovaTables } from '../db/schema.ts';
import { serverNotFound } from '../errors.ts';
import { type MetadataDocument, metadataDocument } from './metadata-tree.ts';
import { metadataNotFound, type ProxyHeaders, proxiedInstance } from './proxy-signature.ts';

export interface MetadataServiceDeps {
  readonly db: Db<NovaTables>;
  readonly network: NetworkSide;
  readonly proxySecret: string;
  readonly seedSecret: string;
}

/** The metadata service: answers guests' requests for their own data. */
export class MetadataService {
  readonly #deps: MetadataServiceDeps;

  constructor(deps: MetadataServiceDeps) {
    this.#deps = deps;
  }

  /** @throws signatureInvalid, metadataNotFound: also for a server of another project than the proxy says. */
  async show(headers: ProxyHeaders, path: string): Promise<MetadataDocument> {
    const { db, network, proxySecret, seedSecret } = this.#deps;
    const { serverId, projectId } = proxiedInstance(headers, proxySecret);
    const server = await describeServer(db.q, serverId).catch((error: unknown) => {
      if (serverNotFound.is(error)) throw metadataNotFound();
      throw error;
    });
    if (server.projectId !== projectId) throw metadataNotFound();
    const subnets = () => network.subnetsOf(server.networkInfo, {});
    const document = await metadataDocument({ server, seedSecret, subnets }, path);
    if (!document) throw metadataNotFound();
    return document;
  }
}
