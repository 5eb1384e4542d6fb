import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { Microversion } from '../context/index.ts';
import { KumoError } from '../errors/index.ts';
import {
  applyReplyChanges,
  applyRequestChanges,
  formatVersion,
  negotiate,
  parseVersion,
  type VersionRange,
} from '../microversion/index.ts';
import type { AppMicroversions } from './app-options.ts';
import type { Endpoint } from './compiled-operation.ts';
import type { Operation } from './operation.ts';

/** The microversions of one app: reads the request's, writes the reply's headers, turns bodies from one version to another. */
export class VersionGate {
  readonly #versions: AppMicroversions;
  readonly #range: VersionRange;
  readonly #vary: string;

  constructor(versions: AppMicroversions) {
    const { header, legacyHeader, min, max } = versions;
    this.#versions = versions;
    this.#range = { type: header, legacyHeader, min, max };
    this.#vary = ['OpenStack-API-Version', ...(legacyHeader === undefined ? [] : [legacyHeader])].join(', ');
  }

  /**
   * The version to serve; the reply says it in its headers. Public documents (discovery) are served to any version.
   * @throws 400 for a malformed version, 406 for one out of range.
   */
  negotiate(endpoint: Endpoint, headers: IncomingHttpHeaders, reply: FastifyReply): Microversion {
    const { header, legacyHeader } = this.#versions;
    reply.header('vary', this.#vary);
    const version = this.#read(endpoint, headers);
    const text = formatVersion(version);
    reply.header('openstack-api-version', `${header} ${text}`);
    if (legacyHeader !== undefined) reply.header(legacyHeader.toLowerCase(), text);
    return version;
  }

  /** A valid body of `version` as the handler knows it: the newest shape. */
  upgrade(operation: Operation, version: Microversion, body: unknown): unknown {
    return applyRequestChanges(operation, version, this.#versions.changes, body);
  }

  /** A reply of the newest shape as `version` had it, its younger fields still in. */
  downgrade(operation: Operation, version: Microversion, reply: unknown): unknown {
    return applyReplyChanges(operation, version, this.#versions.changes, reply);
  }

  #read(endpoint: Endpoint, headers: IncomingHttpHeaders): Microversion {
    try {
      return negotiate(headers, this.#range);
    } catch (error) {
      if (endpoint.isPublic && error instanceof KumoError) return parseVersion(this.#range.min);
      throw error;
    }
  }
}
