import { flatText, type RequestFacts } from '@kumo/core/http';
import type { Static } from 'typebox';
import type { Credential } from '../../app/credentials.ts';
import { extraOf } from '../../app/extra-attributes.ts';
import { parseEc2Blob } from '../../credentials/ec2-blob.ts';
import type { CredentialBody, CredentialCreate } from '../credentials.ts';
import type { Ec2CredentialBody } from '../ec2-credentials.ts';

type Base = Pick<RequestFacts, 'baseUrl'>;

/** A credential as clients see it. */
export function credentialToWire(credential: Credential, { baseUrl }: Base): Static<typeof CredentialBody> {
  return {
    ...credential.extra,
    id: credential.id,
    user_id: credential.userId,
    project_id: credential.projectId,
    type: credential.type,
    blob: credential.blob,
    links: { self: flatText`${baseUrl}/v3/credentials/${credential.id}` },
  };
}

const OURS = new Set(['id', 'links', 'user_id', 'project_id', 'type', 'blob', 'key_hash', 'encrypted_blob', 'extra']);

/** What a client wants of a credential; all that is not known is kept as `extra`. */
export function credentialFromWire(wanted: Static<typeof CredentialCreate>): Omit<Credential, 'id'> {
  const { user_id: userId, project_id: projectId = null, type, blob } = wanted;
  return { userId, projectId, type, blob, extra: extraOf(wanted, OURS) };
}

/** The policy target of a credential; what is not there matches nothing. */
export function credentialTarget(credential: Pick<Credential, 'userId'> | undefined): Record<string, unknown> {
  return { target: credential ? { credential: { user_id: credential.userId } } : {} };
}

/** An EC2 key as the older API shows it. */
export function ec2ToWire(
  { userId, projectId, blob }: Credential,
  { baseUrl }: Base,
): Static<typeof Ec2CredentialBody> {
  const { access, secret, trust_id } = parseEc2Blob(blob);
  return {
    user_id: userId,
    tenant_id: projectId,
    access,
    secret: typeof secret === 'string' ? secret : null,
    trust_id: typeof trust_id === 'string' ? trust_id : null,
    links: { self: flatText`${baseUrl}/v3/users/${userId}/credentials/OS-EC2/${encodeURIComponent(access)}` },
  };
}
