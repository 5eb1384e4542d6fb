import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command, Option } from 'commander';

/** A command as a document says it. */
export interface SaidCommand {
  readonly document: string;
  /** The words of the command, without its comment; what a pipe or `;` separates is a command of its own. */
  readonly words: readonly string[];
  /** In a block of its own, to be copied; else a mention in a sentence, which may leave arguments out. */
  readonly isWhole: boolean;
}

const NPMS_OWN = new Set(['ci', 'install']);
const PROGRAMS = /^(?:\.\/kumo|kumo|npm|node|openstack)$/;

/** The commands in a document's blocks and in its code spans. */
export function commandsIn(document: string, text: string): SaidCommand[] {
  const blocks = text.split('\n').flatMap((line) => /^ {4}(\S.*)$/.exec(line)?.[1] ?? []);
  const spans = [...text.matchAll(/`([^`\n]+)`/g)].map(([, said]) => said!);
  const all = [...blocks.map((said) => ({ said, isWhole: true })), ...spans.map((said) => ({ said, isWhole: false }))];
  return all.flatMap(({ said, isWhole }) =>
    simpleCommands(said)
      .filter(([program = '']) => PROGRAMS.test(program))
      .map((words) => ({ document, words, isWhole })),
  );
}

/** The parts of a shell line, as words: without comments, and with `$(…)` looked into. */
function simpleCommands(line: string): string[][] {
  const inner = [...line.matchAll(/\$\(([^()]*)\)/g)].flatMap(([, part]) => simpleCommands(part!));
  const outer = line.replace(/"?\$\([^()]*\)"?/g, 'VALUE').replace(/(?:^|\s)#.*$/, '');
  const parts = outer.split(/\s*(?:\||;|&&)\s*/).map((part) => part.match(/"[^"]*"|'[^']*'|\S+/g) ?? []);
  return [...inner, ...parts.map((words) => words.map((word) => word.replace(/^["']|["']$/g, '')))];
}

/** What is wrong with a command of ours, by the program that parses it; undefined when it is right. */
export function wrongKumoCommand(program: Command, { words, isWhole }: SaidCommand): string | undefined {
  let command = program;
  let values = 0;
  const queue = words.slice(1);
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    const sub = values === 0 ? command.commands.find((one) => one.name() === word) : undefined;
    if (sub) command = sub;
    else if (word.startsWith('-') && word !== '-') {
      const [flag = '', value] = word.split('=', 2);
      const option = optionOf(command, flag);
      if (!option) return `${command.name()} has no option ${flag}`;
      if (option.required && value === undefined && queue.shift() === undefined && isWhole)
        return `${flag} needs a value`;
    } else if (command.commands.length > 0) return `${command.name()} has no command ${word}`;
    else values += 1;
  }
  const wanted = command.registeredArguments;
  if (values > wanted.length && !wanted.at(-1)?.variadic) return `${command.name()} takes ${wanted.length} arguments`;
  if (!isWhole) return undefined;
  if (values < wanted.filter(({ required }) => required).length) return `${command.name()} needs more arguments`;
  const missing = command.options.find(({ mandatory, long }) => mandatory && !words.includes(long!));
  return missing && `${command.name()} needs ${missing.long}`;
}

function optionOf(command: Command | null, flag: string): Option | undefined {
  if (!command) return undefined;
  return command.options.find(({ short, long }) => short === flag || long === flag) ?? optionOf(command.parent, flag);
}

/** What is wrong with `npm …` or `node …`: a script of package.json or a file that is not there, an option it does not know. */
export function wrongScriptCommand(root: string, { words, isWhole }: SaidCommand): string | undefined {
  const [program, ...rest] = words;
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  let file: string | undefined;
  if (program === 'npm') {
    const name = rest[0] === 'run' ? rest.slice(1).find((word) => !word.startsWith('-')) : rest[0];
    if (name === undefined || NPMS_OWN.has(name)) return undefined;
    if (scripts[name] === undefined) return `package.json has no script ${name}`;
    file = /\S+\.ts/.exec(scripts[name])?.[0];
  } else {
    file = rest.find((word) => !word.startsWith('-'));
    if (file === undefined) return isWhole ? 'no file' : undefined;
    if (!existsSync(join(root, file))) return `there is no file ${file}`;
  }
  const own =
    program === 'npm' ? rest.slice(rest.indexOf('--') + 1 || rest.length) : rest.slice(rest.indexOf(file!) + 1);
  const source = file ? readFileSync(join(root, file), 'utf8') : '';
  const unknown = own.filter((word) => word.startsWith('--')).find((flag) => !source.includes(flag.slice(2)));
  return unknown && `${file} knows no ${unknown}`;
}

/** What is wrong with a command of the official client, by its own help; it is asked without a cloud. */
export async function wrongClientCommand({ words }: SaidCommand): Promise<string | undefined> {
  const flags = words.filter((word) => /^-{1,2}[a-z]/.test(word)).map((word) => word.split('=', 1)[0]!);
  const upToFlags = words.slice(1, words.findIndex((word) => word.startsWith('-')) >>> 0);
  const { code, text } = await outputOf('openstack', [...upToFlags, '--help']);
  if (code !== 0 || !/usage: openstack \w/.test(text)) return `the client has no command ${upToFlags.join(' ')}`;
  const unknown = flags.find((flag) => !new RegExp(`(?:^|[\\s[,])${flag}\\b`, 'm').test(text));
  return unknown && `${upToFlags.join(' ')} has no option ${unknown}`;
}

function outputOf(program: string, args: string[]): Promise<{ code: number | null; text: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (text += part));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, text }));
  });
}
