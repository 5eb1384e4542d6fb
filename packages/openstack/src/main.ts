import { isNoSpace } from '@kumo/core/errors';
import { Command, Option } from 'commander';
import { CommandError } from './cli/command-error.ts';
import { registerKeystone } from './cli/keystone-commands.ts';
import { noRoom } from './cli/no-room.ts';
import { terminalProgress } from './cli/progress.ts';
import { checkStateDir, systemFailure } from './cli/system-failure.ts';
import { readConfig } from './config/read-config.ts';
import { endWithReader, outliveStandardStreams } from './system/standard-streams.ts';

/** The command line, for who asks what it takes; it runs when this file is the program. */
export const program = new Command('kumo')
  .description('An OpenStack cloud: identity, images, servers, networks and volumes.')
  .addOption(
    new Option('-c, --config <file>', 'settings (default: kumo.yaml in the state directory or here)').env(
      'KUMO_CONFIG',
    ),
  )
  .showHelpAfterError('(kumo --help lists the commands)');

const config = (file = program.opts<{ config?: string }>().config) => {
  const read = readConfig(file);
  checkStateDir(read.stateDir);
  return read;
};
const json: [string, string] = ['--json', 'print JSON'];
const collect = (value: string, before: string[]) => [...before, value];

program
  .command('up')
  .description('start the cloud; makes whatever is missing first')
  .option('-d, --detach', 'in the background; returns when every endpoint answers')
  .addOption(new Option('--kept', 'as the child of the keeper that starts it again').hideHelp())
  .action(async ({ detach, kept }) => {
    if (kept) return (await import('./cli/up.ts')).up(config(), terminalProgress);
    const { keepUp, keepUpDetached } = await import('./cli/keep-up.ts');
    const { config: file } = program.opts<{ config?: string }>();
    const args = file ? ['--config', file] : [];
    if (detach) await keepUpDetached(config(), args, terminalProgress);
    else keepUp(config(), args);
  });

program
  .command('down')
  .description('stop the cloud; guests keep running')
  .action(async () => (await import('./cli/down.ts')).down(config().stateDir, terminalProgress));

program
  .command('status')
  .description('which services run, and whether they answer')
  .option(...json)
  .action(async (options) => {
    process.exitCode = await (await import('./cli/status.ts')).statusCommand(config().stateDir, options);
  });

program
  .command('logs [service]')
  .description('the last log lines of one service or of all')
  .option('-n, --lines <count>', 'how many', (text) => Number.parseInt(text, 10), 100)
  .option('-f, --follow', 'go on showing new ones')
  .option('--json', 'lines as they are kept')
  .action(async (service, options) => (await import('./cli/logs.ts')).logsCommand(config().stateDir, service, options));

program
  .command('openrc')
  .description('print the exports for the official clients: eval "$(kumo openrc)"')
  .option('--demo', 'for user demo instead of admin')
  .action(async (options) => (await import('./cli/openrc.ts')).openrcCommand(config(), options));

program
  .command('demo')
  .description('boot a server with a floating IP and a volume, and show its 28 steps')
  .action(async () => (await import('./cli/demo.ts')).demoCommand(config(), terminalProgress));

program
  .command('trace <server>')
  .description('the 28 steps of a server, by its id or name')
  .option('--json', 'print an array of {step, from, to, kind, startMs, ms, cached, skipped}')
  .action(async (server, options) => (await import('./cli/trace.ts')).traceCommand(config(), server, options));

program
  .command('reset')
  .description('remove every server, image, network and volume, and the state directory')
  .option('-y, --yes', 'do not ask')
  .action(async (options) => (await import('./cli/reset.ts')).resetCommand(config(), options, terminalProgress));

program
  .command('doctor')
  .description('what this machine can and cannot do, and what to install')
  .option(...json)
  .action(async (options) => {
    process.exitCode = (await import('./cli/doctor.ts')).doctorCommand(options);
  });

program
  .command('node')
  .description('run the daemons that a node file names, in the foreground')
  .option('--config <file>', 'the node file')
  .addOption(new Option('--supervised', 'as the child of a supervisor, to which it reports').hideHelp())
  .action(async (options) => (await import('./cli/node.ts')).nodeCommand(config(options.config), options));

const policy = program.command('policy').description('who may do what, and why');
policy
  .command('show <service>')
  .description('every rule that is in force on this node, with the file of those that were replaced')
  .option(...json)
  .action(async (service, options) =>
    (await import('./cli/policy-show.ts')).policyShowCommand(config(), service, options),
  );
policy
  .command('explain')
  .description('why a token may or may not do an operation; exit code 0: it may, 1: it may not')
  .requiredOption('--service <name>', 'keystone, glance, placement, nova, neutron or cinder')
  .addOption(new Option('--operation <name>', 'a name, or method and path: "GET /v3/users"').conflicts('rule'))
  .option('--rule <name>', 'a rule of policy show')
  .requiredOption('--token-file <file>', 'where the token is; - for standard input')
  .option('--target <key=value>', 'what a check reads of the thing acted on; may be repeated', collect, [])
  .option(...json)
  .action(async (options) => {
    process.exitCode = await (await import('./cli/policy-explain.ts')).policyExplainCommand(config(), options);
  });

const api = program.command('api').description('what the APIs serve, compared with OpenStack');
api
  .command('coverage <service>')
  .description(
    'which operations of a service a test has driven to their documented success; exit code 1: some are missing',
  )
  .option(...json)
  .action(async (service, options) => {
    process.exitCode = await (await import('./cli/api-coverage.ts')).apiCoverageCommand(
      service,
      options,
      terminalProgress,
    );
  });

program
  .command('test')
  .description('install what the test suite needs and run it')
  .option('--unit', 'without the whole-cloud tests')
  .option('--e2e', 'only the whole-cloud tests')
  .option('--fast', 'what needs no servers and no guests, on SQLite')
  .option('--shard <part/parts>', 'a part of the files, e.g. 1/4')
  .action(async (options) => {
    process.exitCode = (await import('./cli/test.ts')).testCommand(options, terminalProgress);
  });

registerKeystone(program, config);

program
  .command('tempest <area>')
  .description(
    "run Debian's Tempest for an area (identity, image, volume, network, compute, scenario) on a cloud of its own, and compare with real OpenStack",
  )
  .option('--only <regex>', 'only the tests whose id matches')
  .option('--workers <count>', 'tests at the same time', '2')
  .option('--json', 'print the comparison as JSON')
  .action(async (area, options) => {
    process.exitCode = (await import('./cli/tempest.ts')).tempestCommand(area, options);
  });

/** They are not to stop half-way because nobody reads what they say. */
const CHANGES = new Set([
  'up',
  'down',
  'demo',
  'node',
  'reset',
  'bootstrap',
  'rotate',
  'lock',
  'unlock',
  'purge',
  'import',
]);

if (import.meta.main) {
  endWithReader();
  program.hook('preAction', (_program, command) => {
    if (CHANGES.has(command.name())) outliveStandardStreams();
  });
  try {
    await program.parseAsync();
  } catch (error) {
    const shown = shownError(error);
    process.stderr.write(`kumo: ${shown.message}\n`);
    process.exitCode = shown.exitCode;
  }
}

/** @throws the error itself when it is a bug: then its stack is what is needed. */
function shownError(error: unknown): CommandError {
  if (error instanceof CommandError) return error;
  const { stateDir } = readConfig(program.opts<{ config?: string }>().config);
  if (isNoSpace(error)) return noRoom(stateDir, error);
  const failure = systemFailure(stateDir, error);
  if (!failure) throw error;
  return failure;
}
