import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLogger } from '@kumo/core/log';
import { inProcessBus } from '@kumo/core/rpc';
import type { ImportReport, KeystoneOperator, TokenInspection } from '@kumo/keystone/operator';
import { environmentFor } from '../cloud/environment.ts';
import { keystoneBootstrap } from '../cloud/keystone-bootstrap.ts';
import type { KumoConfig } from '../config/schema.ts';
import { openSecrets } from '../config/secrets.ts';
import { openStateDir } from '../config/state-dir.ts';
import { CommandError } from './command-error.ts';
import { print, printJson } from './output.ts';

interface Json {
  json?: boolean;
}

/** `kumo keystone bootstrap`: adds what is missing to log in, as each start does. */
export function bootstrapCommand(config: KumoConfig, options: Json & { resetPasswords?: boolean }): Promise<void> {
  return withOperator(config, async (operator, { env, secrets }) => {
    await operator.bootstrap(keystoneBootstrap(env, secrets), options);
    const users = ['admin', 'demo', ...Object.keys(secrets.services)];
    if (options.json) printJson({ users, passwordsReset: options.resetPasswords === true });
    else
      print(
        options.resetPasswords
          ? `The users ${users.join(', ')} have this cloud's passwords again (kumo openrc prints admin's).`
          : `The users ${users.join(', ')}, their projects, roles and the catalog are there.`,
      );
  });
}

/** `kumo keystone fernet rotate`: new keys for tokens and receipts. */
export function rotateFernetCommand(config: KumoConfig, options: Json): Promise<void> {
  return withOperator(config, async (operator) => {
    const [tokens, receipts] = [await operator.rotateFernet('tokens'), await operator.rotateFernet('receipts')];
    if (options.json) return printJson({ tokens, receipts });
    for (const [name, { primary, removed }] of Object.entries({ tokens, receipts }))
      print(`${name}: key ${primary} is primary now${removed.length > 0 ? `, ${removed.join(', ')} removed` : ''}`);
  });
}

/** `kumo keystone credential rotate`: a new key for stored credentials, which are encrypted anew. */
export function rotateCredentialsCommand(config: KumoConfig, options: Json): Promise<void> {
  return withOperator(config, async (operator) => {
    const rotation = await operator.rotateCredentials();
    if (options.json) printJson(rotation);
    else print(`key ${rotation.primary} is primary now; ${rotation.encryptedAnew} credentials encrypted anew with it`);
  });
}

/** `kumo keystone token inspect FILE`: what a token says. Exit code 1 when it is not valid. */
export function inspectTokenCommand(config: KumoConfig, file: string, options: Json): Promise<number> {
  return withOperator(config, async (operator) => {
    const found = await operator.inspect(secretFrom(file));
    if (!found)
      throw new CommandError(
        'this is no token of this cloud: none of the keys in use has made it (was its key rotated away?)',
      );
    if (options.json) printJson(found);
    else printInspection(found);
    return found.valid ? 0 : 1;
  });
}

/** `kumo keystone users lock|unlock USER`. */
export function lockUserCommand(
  config: KumoConfig,
  action: 'lock' | 'unlock',
  user: string,
  { domain }: { domain: string },
): Promise<void> {
  return withOperator(config, async (operator) => {
    const id = await operator.userId(user, domain);
    if (id === undefined)
      throw new CommandError(`there is no user ${user} in domain ${domain} (--domain names another one)`);
    await operator[action](id);
    print(action === 'lock' ? `${user} (${id}) is locked; its tokens are revoked` : `${user} (${id}) is unlocked`);
  });
}

export interface PurgeMappingsOptions extends Json {
  all?: boolean;
  domain?: string;
  publicId?: string;
  localId?: string;
  type?: string;
}

/** `kumo keystone mapping purge`: the ids of users and groups in directories. */
export function purgeMappingsCommand(config: KumoConfig, options: PurgeMappingsOptions): Promise<void> {
  const { all, json, type, ...conditions } = options;
  const isNarrowed = type !== undefined || Object.keys(conditions).length > 0;
  if ((all ?? false) === isNarrowed)
    throw new CommandError('say which ids are to go: --all, or some of --domain, --type, --public-id and --local-id');
  if (type !== undefined && type !== 'user' && type !== 'group') throw new CommandError('--type is user or group');
  return withOperator(config, async (operator) => {
    const purged = await operator.purgeMappings({ ...conditions, kind: type });
    if (purged === undefined) throw new CommandError(`there is no domain ${options.domain}`);
    if (json) printJson({ purged });
    else print(`${purged} ids forgotten`);
  });
}

export interface ImportCommandOptions extends Json {
  from: string;
  tokenKeys?: string;
  credentialKeys?: string;
}

/** `kumo keystone import`: takes over the identity of a cloud that runs OpenStack's own Keystone. */
export function importCommand(config: KumoConfig, options: ImportCommandOptions): Promise<void> {
  return withOperator(config, async (operator) => {
    const from = options.from === '-' ? secretFrom('-') : options.from;
    const report = await operator
      .import({ from, tokenKeys: keysIn(options.tokenKeys), credentialKeys: keysIn(options.credentialKeys) })
      .catch((error: Error) => {
        throw new CommandError(error.message, { cause: error });
      });
    if (options.json) printJson(report);
    else printReport(report, options);
  });
}

async function withOperator<T>(
  config: KumoConfig,
  work: (
    operator: KeystoneOperator,
    beside: { env: ReturnType<typeof environmentFor>; secrets: ReturnType<typeof openSecrets> },
  ) => Promise<T>,
): Promise<T> {
  openStateDir(config.stateDir);
  const secrets = openSecrets(config.stateDir, config.passwords);
  const log = createLogger({
    service: 'kumo',
    level: config.log.level,
    file: join(config.stateDir, 'log', 'kumo.log'),
  });
  const bus = inProcessBus({ log });
  const env = environmentFor('keystone', 'keystone', {
    ...{ config, secrets, bus, log },
    apps: new Map(),
    runsHere: () => false,
  });
  const { KeystoneOperator } = await import('@kumo/keystone/operator');
  const operator = await KeystoneOperator.open(env, config.keystone);
  try {
    return await work(operator, { env, secrets });
  } finally {
    await operator.close();
    await bus.close();
  }
}

/** The text of a file, or of standard input for `-`: no secret is an argument, which others see. */
function secretFrom(file: string): string {
  if (file !== '-' && !existsSync(file)) throw new CommandError(`there is no file ${file}`);
  return readFileSync(file === '-' ? 0 : file, 'utf8').trim();
}

/** The Fernet keys of a directory in Keystone's layout, newest first. */
function keysIn(directory: string | undefined): string[] {
  if (directory === undefined) return [];
  const numbers = (existsSync(directory) ? readdirSync(directory) : [])
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  if (numbers.length === 0) throw new CommandError(`there are no Fernet keys in ${directory}`);
  return numbers
    .toSorted((a, b) => b - a)
    .map((number) => readFileSync(join(directory, String(number)), 'utf8').trim());
}

function printInspection(token: TokenInspection): void {
  const { valid, scope, userName, roles, ...others } = token;
  const { kind, ...ids } = scope;
  print(valid ? 'VALID' : 'NOT VALID: it has run out, was revoked, or its user, scope or roles are gone');
  print(`user            ${others.userId}${userName === undefined ? '' : ` (${userName})`}`);
  print(`scope           ${kind} ${Object.values(ids).join(' ')}`);
  if (roles) print(`roles           ${roles.join(', ')}`);
  print(`methods         ${others.methods.join(', ')}`);
  if (others.trustId) print(`trust           ${others.trustId}`);
  if (others.applicationCredentialId) print(`app credential  ${others.applicationCredentialId}`);
  print(`issued          ${others.issuedAt}`);
  print(`runs out        ${others.expiresAt}`);
  print(`audit ids       ${others.auditIds.join(', ')}`);
  print(`made by key     ${others.keyNumber}`);
}

function printReport({ taken, left }: ImportReport, options: ImportCommandOptions): void {
  for (const [table, count] of Object.entries(taken))
    print(`${String(count).padStart(8)}  ${table.replaceAll('_', ' ')}`);
  for (const [reason, count] of Object.entries(left)) print(`left out: ${count} ${reason}`);
  if (!options.tokenKeys)
    print('Tokens of the other Keystone are not valid here: give --token-keys to a new import to have them so.');
  print('At the next kumo up, the users admin, demo and those of the services get the passwords of this cloud');
  print('(passwords.admin in kumo.yaml sets one); all other users keep theirs.');
}
