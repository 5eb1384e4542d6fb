/**
 * What a TLS listener and client of ours accept.
 */

import { constants } from 'node:crypto';
import { createSecureContext, type SecureContextOptions } from 'node:tls';

/** With an ephemeral key and with authenticated encryption only: no RSA key exchange, no finite fields, no CBC. */
const CIPHERS = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
].join(':');

/** The first is not known to an OpenSSL older than 3.5, which refuses a list that holds it. */
const CURVES = ['X25519MLKEM768:X25519:P-256:P-384', 'X25519:P-256:P-384'];

/** What both ends of every TLS connection of ours keep to, whatever Node's own defaults or options say. */
export const TLS_FLOOR = { minVersion: 'TLSv1.2', ciphers: CIPHERS } as const satisfies SecureContextOptions;

/** What our listeners keep to: the floor, our order of ciphers, our curves, and no renegotiation. */
export function serverTls() {
  return {
    ...TLS_FLOOR,
    ecdhCurve: knownCurves(),
    honorCipherOrder: true,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_COMPRESSION,
  };
}

function knownCurves(): string {
  const known = CURVES.find((ecdhCurve) => {
    try {
      createSecureContext({ ecdhCurve });
      return true;
    } catch {
      return false;
    }
  });
  return known ?? 'auto';
}
