import { implement, type Route } from '@kumo/core/http';
import { pkiGone, pkiListRefused } from '../errors.ts';
import { listRevokedPkiTokens, showCaCertificate, showSigningCertificates } from './simple-cert.ts';

export function simpleCertRoutes(): Route[] {
  const gone = () => {
    throw pkiGone();
  };
  return [
    implement(showCaCertificate, gone),
    implement(showSigningCertificates, gone),
    implement(listRevokedPkiTokens, () => {
      throw pkiListRefused();
    }),
  ];
}
