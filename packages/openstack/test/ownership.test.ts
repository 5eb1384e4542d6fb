/**
 * Everything that must be closed has one owner that does so on every path: Node ends the process for a FileHandle that the
 * collector finds open, and for an `error` that nobody listens to. Reads the sources; runs nothing of them.
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const sources = globSync('packages/*/src/**/*.ts', { cwd: root })
  .filter((file) => !/\.test\.ts$|\/testing\/|\/conformance\.ts$|^packages\/e2e\//.test(file))
  .map((file) => ({
    file,
    text: readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, ''),
  }));

/** Lines that match, as `file: text`. */
function found(pattern: RegExp, except: readonly string[] = []): string[] {
  return sources
    .filter(({ file }) => !except.includes(file))
    .flatMap(({ file, text }) =>
      text.split('\n').flatMap((line) => (pattern.test(line) ? [`${file}: ${line.trim()}`] : [])),
    );
}

/** Which of these names a file takes from a module. */
function takes(text: string, module: string, names: readonly string[]): string[] {
  const taken = new RegExp(`import \\{([^}]*)\\} from '(node:)?${module}'`).exec(text)?.[1] ?? '';
  return names.filter((name) => new RegExp(`(^|[\\s,])${name}\\b`).test(taken.replace(/\btype \w+/g, '')));
}

/** Whether the text ends between the parentheses that its last `call` opens. */
function isWithin(call: string, text: string): boolean {
  const at = text.lastIndexOf(call);
  const since = at < 0 ? ')' : text.slice(at);
  return since.split('(').length > since.split(')').length;
}

test('a FileHandle is taken by `await using` and in no other way', () => {
  const wrong = sources.flatMap(({ file, text }) => {
    const openers = [...text.matchAll(/function (\w+)\([^)]*\): Promise<FileHandle/g)].map(([, name]) => name!);
    const names = [
      ...takes(text, 'fs/promises', ['open']),
      ...takes(text, '@kumo/core/exec', ['openIfThere']),
      ...openers,
    ];
    return names.flatMap((name) =>
      text
        .split('\n')
        .filter((line) => new RegExp(`(^|[^.#\\w])${name}\\(`).test(line) && !/\basync (function )?\w+\(/.test(line))
        .filter((line) => !new RegExp(`^\\s*await using \\w+ = .*await ${name}\\(`).test(line))
        // A function that gives one makes its callers owners.
        .filter((line) => openers.length === 0 || !/^\s*return await open\(/.test(line))
        .map((line) => `${file}: ${line.trim()}`),
    );
  });
  assert.deepEqual(wrong, []);
  assert.deepEqual(found(/\b(fs|promises)\.open\(|\bopenAsBlob\(|\bopendir\(/), []);
});

test('a file is read as a stream by `openReadStream` only', () => {
  assert.deepEqual(found(/\bcreateReadStream\b/, ['packages/core/src/stream/open-read-stream.ts']), []);
});

test('a file is written as a stream at the end of a pipeline only', () => {
  const wrong = sources.filter(({ text }) =>
    text
      .split(/\bcreateWriteStream\(/)
      .slice(0, -1)
      .some((before) => !isWithin('pipeline(', before)),
  );
  assert.deepEqual(
    wrong.map(({ file }) => file),
    [],
  );
});

test('a stream that somebody else made is `owned`, or handed on at once', () => {
  const handedOn = /\b(owned\(await|return|=>) (await )?[\w.#]*\.(download|downloadImage|copyToImage)\(/;
  const calls = found(/[\w)]\.(download|downloadImage|copyToImage)\(/).filter((line) => !handedOn.test(line));
  // Glance's route: core/http ends what it answers with.
  assert.deepEqual(calls, [
    'packages/glance/src/api/image-data.routes.ts: const data = await transfers.download(image.location, range);',
  ]);
});

/** Who makes children, sockets, servers and watchers, and what ends them. A new one is looked at as these were. */
const OWNERS: Readonly<Record<string, string>> = {
  'packages/core/src/exec/run.ts': 'execFile: a deadline, SIGKILL, the signal; its pipes end with it',
  'packages/core/src/http/lingering-close.ts': 'makes none: asks whether a connection is a socket',
  'packages/core/src/http/listen.ts': 'the listeners: closeFront, part of app.close()',
  'packages/core/src/qmp/qmp-client.ts': '`await using`; destroyed at any error',
  'packages/cinder/src/drivers/volume/file/daemon-keeper.ts': 'one connection per daemon: forget(), close()',
  'packages/cinder/src/drivers/volume/file/volume-exports.ts': 'a look whether a port is free: closed at once',
  'packages/guest/src/run.ts': 'a build step: awaited, and the build ends when it fails',
  'packages/keystone/src/drivers/identity/ldap/ldap-connection.ts': 'destroyed by its first failure, or by the pool',
  'packages/neutron/src/drivers/metadata/namespace-listener.ts': 'a child that ends at once, or is killed after 10 s',
  'packages/neutron/src/drivers/metadata/namespace-listener-child.ts': 'ends with its process',
  'packages/nova/src/drivers/virt/qemu/kvm-probe.ts': 'execFile: a deadline, SIGKILL',
  'packages/nova/src/drivers/virt/qemu/launcher.ts': 'the guest: outlives us on purpose',
  'packages/openstack/src/cli/logs.ts': 'the command ends by being told to',
  'packages/openstack/src/cli/keep-up.ts': 'the keeper: outlives the command on purpose',
  'packages/openstack/src/cloud/supervisor.ts': 'one keeper per daemon: stop()',
};
const MAKERS = [
  ['child_process', ['spawn', 'fork', 'exec', 'execFile']],
  ['net', ['connect', 'createConnection', 'createServer', 'Socket', 'Server']],
  ['tls', ['connect', 'createServer']],
  ['http', ['request', 'get', 'createServer']],
  ['https', ['request', 'get', 'createServer']],
  ['http2', ['connect', 'createServer']],
  ['dgram', ['createSocket']],
  ['worker_threads', ['Worker']],
  ['cluster', ['fork']],
  ['fs', ['watch', 'watchFile']],
] as const;

test('children, sockets, servers and watchers are made where it is known what ends them', () => {
  const makers = sources.filter(({ text }) => MAKERS.some(([module, names]) => takes(text, module, names).length > 0));
  assert.deepEqual(makers.map(({ file }) => file).sort(), Object.keys(OWNERS).sort());
});

test('who makes them listens to their errors', () => {
  const wrong = Object.keys(OWNERS).filter((name) => {
    if (OWNERS[name]!.startsWith('makes none')) return false;
    const text = sources.find(({ file }) => file === name)?.text ?? '';
    // execFile and once('spawn') hand their errors to whoever waits.
    return !/'error'|\bexecFile\(|once\(child, 'spawn'\)/.test(text);
  });
  assert.deepEqual(wrong, []);
});

test('a descriptor is closed in the line that opens it, or handed to a child', () => {
  const wrong = found(/\bopenSync\(/).filter((line) => !/closeSync\(openSync\(/.test(line));
  assert.deepEqual(wrong.sort(), [
    // A log's, for as long as its process lives.
    "packages/core/src/log/log-sink.ts: this.#fd ??= openSync(this.#options.to as string, 'a', MODE);",
    // Closed once the child has it.
    "packages/openstack/src/cli/keep-up.ts: const log = openSync(logFile, 'w', 0o600);",
  ]);
});
