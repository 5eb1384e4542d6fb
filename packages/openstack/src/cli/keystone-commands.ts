import type { Command } from 'commander';
import type { KumoConfig } from '../config/schema.ts';

/** `kumo keystone …`: what an operator does on a node itself, whether the service runs or not. */
export function registerKeystone(program: Command, config: () => KumoConfig): void {
  const keystone = program.command('keystone').description('the identity service on this node: keys, accounts, tokens');
  const json: [string, string] = ['--json', 'print JSON'];

  keystone
    .command('bootstrap')
    .description('add what is missing to log in: the domain, projects, roles, users and endpoints, as each start does')
    .option('--reset-passwords', "give admin, demo and the services this cloud's passwords again, and unlock them")
    .option(...json)
    .action(async (options) => (await import('./keystone.ts')).bootstrapCommand(config(), options));

  keystone
    .command('fernet')
    .description('the keys of tokens')
    .command('rotate')
    .description('the staged key becomes primary, a new one is staged, the oldest goes; tokens stay valid')
    .option(...json)
    .action(async (options) => (await import('./keystone.ts')).rotateFernetCommand(config(), options));

  keystone
    .command('credential')
    .description('the keys of stored credentials')
    .command('rotate')
    .description('a new key; every credential is encrypted anew with it')
    .option(...json)
    .action(async (options) => (await import('./keystone.ts')).rotateCredentialsCommand(config(), options));

  keystone
    .command('token')
    .description('tokens')
    .command('inspect [file]')
    .description('what a token says, and whether it is valid; reads standard input without a file')
    .option(...json)
    .action(async (file, options) => {
      process.exitCode = await (await import('./keystone.ts')).inspectTokenCommand(config(), file ?? '-', options);
    });

  const users = keystone.command('users').description('accounts');
  for (const [action, description] of [
    ['lock', 'nobody logs in as this user any more, and its tokens end'],
    ['unlock', 'take back a lock, be it by an operator or after wrong passwords'],
  ] as const)
    users
      .command(`${action} <user>`)
      .description(description)
      .option('--domain <domain>', "the user's domain by name or id", 'Default')
      .action(async (user, options) =>
        (await import('./keystone.ts')).lockUserCommand(config(), action, user, options),
      );

  keystone
    .command('mapping')
    .description('the ids of users and groups in directories')
    .command('purge')
    .description('forget ids; who is still in a directory gets the same one again')
    .option('--all', 'of all directories')
    .option('--domain <domain>', 'of this domain, by name or id')
    .option('--type <type>', 'user or group')
    .option('--public-id <id>', 'the id itself')
    .option('--local-id <id>', "what the directory has in the id's place")
    .option(...json)
    .action(async (options) => (await import('./keystone.ts')).purgeMappingsCommand(config(), options));

  keystone
    .command('import')
    .description(
      "take over a cloud of OpenStack's own Keystone (Zed): users with their passwords, projects, roles, catalog",
    )
    .requiredOption(
      '--from <url>',
      "its database, e.g. mysql://keystone:…@host/keystone; '-' reads the URL from standard input",
    )
    .option('--token-keys <directory>', 'its Fernet keys: tokens that it issued stay valid')
    .option('--credential-keys <directory>', 'the keys of its credentials')
    .option(...json)
    .action(async (options) => (await import('./keystone.ts')).importCommand(config(), options));
}
