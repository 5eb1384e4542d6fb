import { createHash, createHmac, pbkdf2, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { verify as verifyBcrypt } from '@node-rs/bcrypt';

const deriveScrypt = promisify<Buffer, Buffer, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(
  scrypt,
);
const derivePbkdf2 = promisify(pbkdf2);

/** As many bytes of a password as bcrypt looks at. */
const BCRYPT_BYTES = 72;
/** What a hash may cost at most: it is the service's own time and memory. */
const MOST = { bcryptCost: 18, scryptBytes: 256 * 2 ** 20, pbkdf2Rounds: 5_000_000 };

const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
const BCRYPT_SHA256 =
  /^\$bcrypt-sha256\$(?:v=(2),t=(2[aby]),r=(\d{1,2})|(2[aby]),(\d{1,2}))\$([./A-Za-z0-9]{22})\$([./A-Za-z0-9]{31})$/;
const SCRYPT = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,3}),p=(\d{1,3})\$([./+A-Za-z0-9]*)\$([./+A-Za-z0-9]{16,172})$/;
const PBKDF2 = /^\$pbkdf2-sha512\$(\d{1,8})\$([./+A-Za-z0-9]*)\$([./+A-Za-z0-9]{16,172})$/;

/** A hash that an OpenStack Keystone made, with the passlib forms of older ones. */
export interface ForeignHash {
  /** Scheme and parameters: hashes of one cost take one time. */
  readonly cost: string;
  verify(password: Buffer): Promise<boolean>;
}

/** Reads `$2b$…`, `$bcrypt-sha256$…`, `$scrypt$…` and `$pbkdf2-sha512$…`; undefined for anything else. */
export function parseForeignHash(hash: string): ForeignHash | undefined {
  return bcrypt(hash) ?? bcryptSha256(hash) ?? scryptHash(hash) ?? pbkdf2Hash(hash);
}

function bcrypt(hash: string): ForeignHash | undefined {
  const [, cost] = BCRYPT.exec(hash) ?? [];
  if (cost === undefined || Number(cost) > MOST.bcryptCost) return undefined;
  return { cost: `bcrypt ${cost}`, verify: (password) => verifyBcrypt(password.subarray(0, BCRYPT_BYTES), hash) };
}

/** Version 2 of passlib's form signs the password with the salt before bcrypt sees it, version 1 only hashes it. */
function bcryptSha256(hash: string): ForeignHash | undefined {
  const [, version, ident2, rounds2, ident1, rounds1, salt, digest] = BCRYPT_SHA256.exec(hash) ?? [];
  const cost = (rounds2 ?? rounds1 ?? '99').padStart(2, '0');
  if (salt === undefined || Number(cost) > MOST.bcryptCost) return undefined;
  const inner = `$${ident2 ?? ident1}$${cost}$${salt}${digest}`;
  const digestOf = (password: Buffer) =>
    (version === '2' ? createHmac('sha256', salt) : createHash('sha256')).update(password).digest('base64');
  return { cost: `bcrypt ${cost}`, verify: (password) => verifyBcrypt(digestOf(password), inner) };
}

function scryptHash(hash: string): ForeignHash | undefined {
  const [, ln, r, p, salt, digest] = SCRYPT.exec(hash) ?? [];
  if (salt === undefined || digest === undefined) return undefined;
  const [N, blockSize, lanes] = [2 ** Number(ln), Number(r), Number(p)];
  const bytes = 128 * blockSize * (N + lanes);
  if (bytes > MOST.scryptBytes || N < 2 || blockSize < 1 || lanes < 1) return undefined;
  const expected = fromBase64(digest);
  const options = { N, r: blockSize, p: lanes, maxmem: 2 * bytes };
  return {
    cost: `scrypt ${ln} ${r} ${p}`,
    verify: async (password) =>
      timingSafeEqual(await deriveScrypt(password, fromBase64(salt), expected.length, options), expected),
  };
}

function pbkdf2Hash(hash: string): ForeignHash | undefined {
  const [, rounds, salt, digest] = PBKDF2.exec(hash) ?? [];
  if (salt === undefined || digest === undefined) return undefined;
  const count = Number(rounds);
  if (count < 1 || count > MOST.pbkdf2Rounds) return undefined;
  const expected = fromBase64(digest);
  return {
    cost: `pbkdf2 ${rounds}`,
    verify: async (password) =>
      timingSafeEqual(await derivePbkdf2(password, fromBase64(salt), count, expected.length, 'sha512'), expected),
  };
}

/** passlib writes `.` for `+` and no padding. */
function fromBase64(text: string): Buffer {
  return Buffer.from(text.replaceAll('.', '+'), 'base64');
}
