import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';

/** This cloud's passwords and shared secrets; every node of a cloud needs the same file. */
export interface Secrets {
  admin: string;
  demo: string;
  /** One password per service user. */
  services: Record<string, string>;
  /** Keys that daemons share, by purpose, e.g. `metadata-proxy`. */
  shared: Record<string, string>;
}

const SERVICE_USERS = ['glance', 'placement', 'nova', 'neutron', 'cinder'];
const PURPOSES = ['metadata-proxy', 'random-seed', 'login-throttle'];

/**
 * Reads `secrets.yaml` of the state directory, making what is missing at random. Configured passwords win and are kept.
 * The file is 0600 and replaced in one move.
 */
export function openSecrets(stateDir: string, configured: { admin?: string; demo?: string }): Secrets {
  const file = join(stateDir, 'secrets.yaml');
  const found: Partial<Secrets> = existsSync(file) ? (parse(readFileSync(file, 'utf8')) ?? {}) : {};
  const secrets: Secrets = {
    admin: configured.admin ?? found.admin ?? random(),
    demo: configured.demo ?? found.demo ?? random(),
    services: Object.fromEntries(SERVICE_USERS.map((name) => [name, found.services?.[name] ?? random()])),
    shared: Object.fromEntries(PURPOSES.map((name) => [name, found.shared?.[name] ?? randomBytes(32).toString('hex')])),
  };
  if (JSON.stringify(secrets) !== JSON.stringify(found)) {
    const next = `${file}.${process.pid}`;
    writeFileSync(next, stringify(secrets), { mode: 0o600 });
    renameSync(next, file);
  }
  return secrets;
}

function random(): string {
  return randomBytes(18).toString('base64url');
}
