/** One part of a payload, by what it says. */
export type PayloadField =
  | 'userId'
  | 'methods'
  | 'projectId'
  | 'domainId'
  | 'scopeId'
  | 'system'
  | 'expiresAt'
  | 'auditIds'
  | 'trustId'
  | 'applicationCredentialId'
  | 'groupIds'
  | 'identityProviderId'
  | 'protocolId'
  | 'accessTokenId'
  | 'thumbprint'
  | 'optionalDomainId';

export interface PayloadLayout {
  /** Keystone's number of the layout, the payload's first element. */
  readonly version: number;
  readonly kind: string;
  /** What follows the version, in this order. */
  readonly fields: readonly PayloadField[];
}

const WHO = ['userId', 'methods'] as const;
const END = ['expiresAt', 'auditIds'] as const;
const FEDERATED = ['groupIds', 'identityProviderId', 'protocolId'] as const;

export const UNSCOPED: PayloadLayout = { version: 0, kind: 'unscoped', fields: [...WHO, ...END] };
export const DOMAIN: PayloadLayout = { version: 1, kind: 'domain', fields: [...WHO, 'domainId', ...END] };
export const PROJECT: PayloadLayout = { version: 2, kind: 'project', fields: [...WHO, 'projectId', ...END] };
export const TRUST: PayloadLayout = { version: 3, kind: 'trust', fields: [...WHO, 'projectId', ...END, 'trustId'] };
export const SYSTEM: PayloadLayout = { version: 8, kind: 'system', fields: [...WHO, 'system', ...END] };
export const APPLICATION_CREDENTIAL: PayloadLayout = {
  version: 9,
  kind: 'application_credential',
  fields: [...WHO, 'projectId', ...END, 'applicationCredentialId'],
};

/** Of what is served here. */
export const SERVED: readonly PayloadLayout[] = [UNSCOPED, DOMAIN, PROJECT, TRUST, SYSTEM, APPLICATION_CREDENTIAL];

/** Every layout of Keystone, those of federation and OAuth included: they are recognised, and refused. */
export const LAYOUTS: readonly PayloadLayout[] = [
  ...SERVED,
  { version: 4, kind: 'federated_unscoped', fields: [...WHO, ...FEDERATED, ...END] },
  { version: 5, kind: 'federated_project', fields: [...WHO, 'scopeId', ...FEDERATED, ...END] },
  { version: 6, kind: 'federated_domain', fields: [...WHO, 'scopeId', ...FEDERATED, ...END] },
  { version: 7, kind: 'oauth1', fields: [...WHO, 'projectId', 'accessTokenId', ...END] },
  { version: 10, kind: 'oauth2_mtls', fields: [...WHO, 'projectId', 'optionalDomainId', ...END, 'thumbprint'] },
];
