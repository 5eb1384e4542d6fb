import { operation } from '@kumo/core/http';

/** What was left when PKI tokens went: Keystone still answers that they are gone, to anybody who asks. */
export const showCaCertificate = operation({
  name: 'showCaCertificate',
  method: 'GET',
  path: '/v3/OS-SIMPLE-CERT/ca',
  head: true,
  deprecated: true,
  policy: 'none',
  errors: [410],
});

export const showSigningCertificates = operation({
  name: 'showSigningCertificates',
  method: 'GET',
  path: '/v3/OS-SIMPLE-CERT/certificates',
  head: true,
  deprecated: true,
  policy: 'none',
  errors: [410],
});

/** Keystone's default settings answer 403 here, and 410 where revoking by id is switched off. */
export const listRevokedPkiTokens = operation({
  name: 'listRevokedPkiTokens',
  method: 'GET',
  path: '/v3/auth/tokens/OS-PKI/revoked',
  head: true,
  deprecated: true,
  policy: 'none',
  errors: [403],
});
