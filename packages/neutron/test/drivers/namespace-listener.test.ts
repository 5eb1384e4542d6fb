import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { DriverError } from '@kumo/core/errors';
import { run } from '@kumo/core/exec';
import { NetHost } from '../../src/drivers/host/net-host.ts';
import { listenInNamespace } from '../../src/drivers/metadata/namespace-listener.ts';
import { whyNoNetAdmin } from './net-admin.ts';

const netns = `kt-li-${process.pid}`;
const host = new NetHost({ cloudId: 'litest', netns });

describe('a socket in another namespace', { skip: whyNoNetAdmin() }, () => {
  before(async () => {
    await run('ip', ['netns', 'add', netns]);
    await host.ipBatch(['link set dev lo up']);
  });
  after(() => run('ip', ['netns', 'delete', netns]));

  it('takes connections there, not here', async (t) => {
    const server = await listenInNamespace(netns, { address: '127.0.0.1', port: 9697 });
    t.after(() => server.close());
    const connected = once(server, 'connection') as Promise<[Socket]>;
    const client = host.exec('socat', ['-u', 'TCP4:127.0.0.1:9697', '-']);
    (await connected)[0].end('hello');
    assert.equal((await client).stdout, 'hello');
    const here = await run('socat', ['-u', 'TCP4:127.0.0.1:9697,connect-timeout=1', '-'], { okCodes: [0, 1] });
    assert.equal(here.code, 1);
    await assert.rejects(listenInNamespace(netns, { address: '127.0.0.1', port: 9697 }), /EADDRINUSE/);
    server.close();
    await once(server, 'close');
    (await listenInNamespace(netns, { address: '127.0.0.1', port: 9697 })).close();
  });

  it('says why when the namespace or the address is not there', async () => {
    await assert.rejects(listenInNamespace('kt-nowhere', { address: '127.0.0.1', port: 80 }), DriverError);
    await assert.rejects(listenInNamespace(netns, { address: '10.9.9.9', port: 80 }), /EADDRNOTAVAIL/);
  });
});
