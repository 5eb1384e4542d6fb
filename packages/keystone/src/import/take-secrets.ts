import { randomUUID } from 'node:crypto';
import { fromIso } from '@kumo/core/db';
import { CredentialCipher } from '../credentials/credential-cipher.ts';
import { decryptFernet, type FernetKey } from '../tokens/fernet.ts';
import type { FernetKeyring } from '../tokens/fernet-keyring.ts';
import { object, time } from './foreign-values.ts';
import type { ImportTransaction } from './import-transaction.ts';
import { pagesOf } from './pages.ts';

/**
 * Credentials, from the other one's keys to ours, and what says which tokens are revoked.
 * @throws Error naming a credential that none of the other one's keys opens.
 */
export async function takeSecrets(
  parts: ImportTransaction,
  { theirs, ours }: { theirs: readonly FernetKey[]; ours: FernetKeyring },
): Promise<void> {
  const cipher = new CredentialCipher(ours);
  for await (const page of pagesOf(parts.from, 'credential', 'id'))
    await parts.insert(
      'credentials',
      page.map(({ id, user_id, project_id, type, extra, encrypted_blob }) => {
        const opened = decryptFernet(theirs, encrypted_blob);
        if (!opened)
          throw new Error(
            `credential ${id} cannot be read: give the directory of the other Keystone's credential keys with --credential-keys`,
          );
        const { encryptedBlob, keyHash } = cipher.sealLaidOut(opened.plain);
        return {
          ...{ id, user_id, project_id, type, encrypted_blob: encryptedBlob, key_hash: keyHash },
          extra: JSON.stringify(object(extra)),
        };
      }),
    );
  for await (const page of pagesOf(parts.from, 'revocation_event', 'id'))
    await parts.insert(
      'revocations',
      page.map(({ audit_id, audit_chain_id, user_id, project_id, domain_id, trust_id, role_id, ...at }) => ({
        ...{ audit_id, audit_chain_id, user_id, project_id, domain_id, trust_id, role_id },
        id: randomUUID().replaceAll('-', ''),
        issued_before: Math.ceil(fromIso(time(at.issued_before) as string) / 1000),
        revoked_at: time(at.revoked_at) as string,
      })),
    );
}
