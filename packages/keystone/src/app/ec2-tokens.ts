import type { Db } from '@kumo/core/db';
import { unauthorized } from '@kumo/core/errors';
import type { CredentialSettings } from '../credentials/credential-settings.ts';
import { type Ec2Blob, parseEc2Blob } from '../credentials/ec2-blob.ts';
import { s3Signature } from '../credentials/s3-signature.ts';
import { signatureV2 } from '../credentials/signature-v2.ts';
import { signatureV4 } from '../credentials/signature-v4.ts';
import { isSameSignature, type SignedRequest, signedTime } from '../credentials/signed-request.ts';
import type { KeystoneTables } from '../db/schema.ts';
import { findTrust } from '../db/trusts.ts';
import { accountLocked, missing } from '../errors.ts';
import type { Access } from './access.ts';
import type { AccountLocks } from './account-locks.ts';
import type { Credential, Credentials } from './credentials.ts';
import type { LoginThrottle } from './login-throttle.ts';
import type { Token, Tokens } from './tokens.ts';

/** A text that a user signed, as an S3 front end shows it to `POST /v3/s3tokens`. */
export interface SignedText {
  readonly access: string;
  readonly signature: string;
  readonly text: Buffer;
}

interface Ec2TokensParts {
  readonly db: Db<KeystoneTables>;
  readonly credentials: Credentials;
  readonly tokens: Tokens;
  readonly access: Access;
  readonly locks: AccountLocks;
  readonly throttle: LoginThrottle;
  readonly settings: CredentialSettings;
}

/** What a signature that is right under a secret says; undefined: it is wrong. */
type Compare<T> = (secret: string) => T | undefined;

interface Key {
  readonly credential: Credential;
  readonly blob: Ec2Blob;
  readonly secret: string;
}

const METHODS = ['ec2credential'];
/** Of a secret that is made here. */
const SECRET_LENGTH = 32;
const NO_SECRET = '0'.repeat(SECRET_LENGTH);
const MINUTE_MS = 60_000;
/** AWS's own longest link. */
const LONGEST_LINK_MS = 7 * 24 * 60 * MINUTE_MS;

/** Tokens for who signed a request with an EC2 key, for services that take such requests. */
export class Ec2Tokens {
  readonly #parts: Ec2TokensParts;

  constructor(parts: Ec2TokensParts) {
    this.#parts = parts;
  }

  /** @throws missing for an access key that there is not; unauthorized for whatever else is wrong. */
  async ofRequest(request: SignedRequest): Promise<{ text: string; token: Token }> {
    const { key, found: signedAtMs } = await this.#signed(request.access, (secret) => timeOfRequest(secret, request));
    if (!isWithin(signedAtMs, this.#parts.settings.authTtlMinutes)) throw unauthorized();
    return this.#issue(key);
  }

  /** @throws missing for an access key that there is not; unauthorized for whatever else is wrong. */
  async ofText({ access, signature, text }: SignedText): Promise<{ text: string; token: Token }> {
    const { key, found } = await this.#signed(access, (secret) => {
      const expected = s3Signature(secret, text);
      return expected && isSameSignature(signature, expected.signature) ? expected : undefined;
    });
    const { signedAtMs, endsAtMs } = found;
    const now = Date.now();
    const isValid =
      endsAtMs === undefined
        ? isWithin(signedAtMs, this.#parts.settings.s3TtlMinutes)
        : now <= endsAtMs && endsAtMs <= now + LONGEST_LINK_MS;
    if (!isValid) throw unauthorized();
    return this.#issue(key);
  }

  /**
   * Compares a signature. Who asks is a service, and everybody who was sent a link knows an access key: only of a key whose
   * secret could be guessed is it bounded how often.
   */
  async #signed<T>(access: string, compare: Compare<T>): Promise<{ key: Key; found: T }> {
    const key = await this.#key(access, compare);
    const { userId } = key.credential;
    const isGuessable = key.secret.length < SECRET_LENGTH;
    const { access: people, locks, throttle } = this.#parts;
    const user = (await people.identity(userId))?.user;
    const look = async () => {
      const found = compare(key.secret);
      if (found !== undefined) return found;
      if (isGuessable) await locks.addFailure(user);
      throw unauthorized();
    };
    const guess = { kind: 'signature', subject: key.credential.id, isKnown: true } as const;
    const found = await (isGuessable ? throttle.during(guess, look) : look());
    if (user && locks.isLocked(user, await locks.failuresOf(user), { isGuessable }))
      throw unauthorized({}, { cause: accountLocked({ userId }) });
    return { key, found };
  }

  async #key(access: string, compare: Compare<unknown>): Promise<Key> {
    const credential = await this.#parts.credentials.findByAccess(access);
    if (!credential) {
      // As much work as for a key that there is.
      compare(NO_SECRET);
      throw missing({ message: 'EC2 access key not found.' });
    }
    const blob = parseEc2Blob(credential.blob);
    // A blob may say another access key since it was changed.
    if (blob.access !== access || typeof blob.secret !== 'string' || blob.secret === '') throw unauthorized();
    return { credential, blob, secret: blob.secret };
  }

  /** For the key's project, with no more than what the key was made under. Whatever is disabled or gone: no token. */
  async #issue(key: Key): Promise<{ text: string; token: Token }> {
    const issued = await this.#made(key);
    // A trust or application credential may be over although it is there.
    if (issued.token.claims.expiresAt <= Date.now() / 1000) throw unauthorized();
    return issued;
  }

  async #made({ credential, blob }: Key): Promise<{ text: string; token: Token }> {
    const { userId, projectId } = credential;
    // OAuth's delegations are not served.
    if (projectId === null || blob.access_token_id != null || blob.access_id != null) throw unauthorized();
    const wanted = { methods: METHODS, scope: { kind: 'project', projectId } } as const;
    const { trust_id: trustId, app_cred_id: applicationCredentialId } = blob;
    if (trustId != null) return this.#issueByTrust(wanted, { userId, trustId });
    if (applicationCredentialId == null) return this.#parts.tokens.issue({ ...wanted, userId });
    if (typeof applicationCredentialId !== 'string') throw unauthorized();
    return this.#parts.tokens.issue({ ...wanted, userId, applicationCredentialId });
  }

  /** The key belongs to whom the trust's tokens say they are; nobody makes one for somebody else's trust. */
  async #issueByTrust(
    wanted: Pick<Parameters<Tokens['issue']>[0], 'methods' | 'scope'>,
    { userId, trustId }: { userId: string; trustId: unknown },
  ): Promise<{ text: string; token: Token }> {
    const trust = typeof trustId === 'string' ? await findTrust(this.#parts.db.q, trustId) : undefined;
    if (!trust || userId !== (trust.impersonation ? trust.trustorId : trust.trusteeId)) throw unauthorized();
    return this.#parts.tokens.issue({ ...wanted, userId: trust.trusteeId, trustId: trust.id });
  }
}

/** When a request was signed: NaN when it does not say; undefined when the signature is wrong. */
function timeOfRequest(secret: string, request: SignedRequest): number | undefined {
  const { host, signature, params } = request;
  // Some clients sign the host without its port.
  const withoutPort = host.replace(/:\d+$/, '');
  for (const name of new Set([host, withoutPort])) {
    const expected = signatureV2(secret, request, name);
    if (expected !== undefined && isSameSignature(signature, expected)) return signedTime(params.Timestamp);
  }
  if (params.SignatureVersion !== undefined) return undefined;
  const expected = signatureV4(secret, request);
  return expected && isSameSignature(signature, expected.signature) ? signedTime(expected.date) : undefined;
}

/** Neither long ago nor in the future (OSSA-2020-003); what does not say when is neither. */
function isWithin(signedAtMs: number, minutes: number): boolean {
  return Math.abs(Date.now() - signedAtMs) <= minutes * MINUTE_MS;
}
