import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { DriverError, noDiskSpace } from '../../src/errors/index.ts';
import { run } from '../../src/exec/index.ts';
import { presentable } from '../../src/http/error-reply.ts';
import { decodeError, encodeError } from '../../src/rpc/wire-error.ts';

const caught = (work: Promise<unknown>) =>
  work.then(
    () => assert.fail('no error'),
    (error: unknown) => error,
  );

test('whatever meets a full disk, a file or a program, is told as one error, on the bus, in a journal and over HTTP', async () => {
  const ofFile = await caught(writeFile('/dev/full', 'x'));
  const ofProgram = await caught(run('cp', ['--', '/etc/passwd', '/dev/full']));
  assert.ok(ofProgram instanceof DriverError);
  const wrapped = new DriverError('the volume cannot be filled', { cause: ofFile });
  for (const error of [ofFile, ofProgram, wrapped]) {
    assert.ok(noDiskSpace.is(decodeError(encodeError(error))), String(error));
    const shown = presentable(error, 'req-1');
    assert.equal(shown.kind, 'unavailable');
    assert.match(shown.message, /no disk space/);
    assert.doesNotMatch(shown.message, /\/dev\/full/);
  }
  assert.equal(encodeError(await caught(run('cp', ['--', '/nowhere', '/dev/null']))).kind, 'driver');
});
