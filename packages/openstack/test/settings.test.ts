import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { openSecrets } from '../src/config/secrets.ts';
import { openStateDir } from '../src/config/state-dir.ts';
import { openrcText, writeClientFiles } from '../src/content/client-files.ts';
import { identityOf } from '../src/system/process-identity.ts';
import { readRunFile, writeRunFile } from '../src/system/run-file.ts';

const root = mkdtempSync(join(tmpdir(), 'kumo-settings-'));
after(() => rmSync(root, { recursive: true, force: true }));
let stateDir = '';
let count = 0;
beforeEach(() => {
  stateDir = join(root, String(count++));
  openStateDir(stateDir);
});

test('a state directory of a newer version is refused with the next step', () => {
  writeFileSync(join(stateDir, 'version'), '99\n');
  assert.throws(() => openStateDir(stateDir), /newer Kumo \(state version 99.*KUMO_STATE/);
});

test('a state directory that cannot be made is refused with the next step', () => {
  writeFileSync(join(root, 'file'), '');
  assert.throws(() => openStateDir(join(root, 'file', 'below')), /cannot be used.*KUMO_STATE/);
});

test('secrets are made once, kept, and readable by their owner alone', () => {
  const first = openSecrets(stateDir, {});
  assert.deepEqual(openSecrets(stateDir, {}), first);
  assert.equal(statSync(join(stateDir, 'secrets.yaml')).mode & 0o777, 0o600);
  assert.equal(openSecrets(stateDir, { admin: 'chosen' }).admin, 'chosen');
  assert.equal(openSecrets(stateDir, {}).admin, 'chosen');
  assert.equal(new Set([first.admin, first.demo, ...Object.values(first.services)]).size, 7);
});

test('client files are 0600 and survive a quote in a password', () => {
  const account = { user: 'admin', project: 'admin', password: "it's" };
  const files = writeClientFiles(stateDir, { admin: account, demo: account }, 'http://127.0.0.1:5000/v3', 'RegionOne');
  assert.equal(statSync(files.openrc).mode & 0o777, 0o600);
  assert.equal(statSync(files.cloudsYaml).mode & 0o777, 0o600);
  assert.match(openrcText(account, 'http://x', 'R'), /export OS_PASSWORD='it'\\''s'/);
  assert.match(readFileSync(files.cloudsYaml, 'utf8'), /auth_url: http:\/\/127.0.0.1:5000\/v3/);
});

test('a run file counts only while its process lives', () => {
  const self = identityOf(process.pid)!;
  writeRunFile(stateDir, { process: self, ready: true, startedAt: '', services: [] });
  assert.equal(readRunFile(stateDir)?.process.pid, process.pid);
  writeRunFile(stateDir, { process: { ...self, startTicks: '1' }, ready: true, startedAt: '', services: [] });
  assert.equal(readRunFile(stateDir), undefined);
});
