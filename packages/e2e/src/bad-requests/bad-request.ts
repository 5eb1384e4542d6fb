import type { ServiceName } from '../api.ts';

/** A request that must be refused, and how. */
export interface BadRequest {
  /** What is wrong with it. */
  wrong: string;
  service: ServiceName;
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD';
  path: string;
  /** Whose token goes along; default demo's. A text is a token itself; null: none. */
  as?: 'admin' | 'demo' | { token: string } | null;
  body?: unknown;
  headers?: Record<string, string>;
  status: number;
  /** What the answer must name. */
  says?: RegExp;
}

/** Requests of one service; `path` and `body` come last so that a table reads from left to right. */
export function refused(service: ServiceName) {
  return (
    wrong: string,
    status: number,
    method: BadRequest['method'],
    path: string,
    more: Omit<Partial<BadRequest>, 'wrong' | 'status' | 'method' | 'path' | 'service'> = {},
  ): BadRequest => ({
    wrong,
    service,
    method,
    path,
    status,
    ...more,
  });
}

/** What is in the cloud when the tables are tried; demo's unless it is said to be the other project's. */
export interface Known {
  projectId: string;
  adminProjectId: string;
  memberRoleId: string;
  userId: string;
  expiredToken: string;
  revokedToken: string;
  flavorId: string;
  imageId: string;
  queuedImageId: string;
  networkId: string;
  subnetId: string;
  portId: string;
  portAddress: string;
  routerId: string;
  groupId: string;
  defaultGroupId: string;
  publicNetworkId: string;
  serverId: string;
  volumeId: string;
  providerId: string;
  /** The other project's, which demo cannot see. */
  others: {
    imageId: string;
    networkId: string;
    portId: string;
    routerId: string;
    groupId: string;
    serverId: string;
    volumeId: string;
  };
}

export const NOBODY = '00000000-0000-4000-8000-000000000000';
export const TOO_LONG = 'x'.repeat(256);
