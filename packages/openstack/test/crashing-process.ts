/** Run by crash.test.ts: two daemons, of which one leaves an error behind in the way that the argument names. */
import { EventEmitter } from 'node:events';
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { client, inProcess, socket } from '@kumo/core/client';
import { actAs } from '@kumo/core/daemon';
import { closeApp, createApp, implement, listen, novaEnvelope, operation, policiesOf } from '@kumo/core/http';
import { createLogger } from '@kumo/core/log';
import { PolicySet } from '@kumo/core/policy';
import { cast, inProcessBus, rpc } from '@kumo/core/rpc';
import { renderPrometheus } from '@kumo/core/telemetry';
import { Type as T } from 'typebox';
import { collectGarbage } from '../../core/src/testing/open-files.ts';
import { watchForCrashes } from '../src/cloud/crash.ts';

const log = createLogger({ service: 'kumo' });
watchForCrashes(log, ['thing-api', 'other-api']);

function leave(): void {
  void Promise.reject(new Error('left behind'));
}

const fault = operation({ name: 'fault', method: 'GET', path: '/fault', policy: 'none', reply: T.Object({}) });
const routes = [
  implement(fault, async () => {
    leave();
    return {};
  }),
];
const app = actAs('thing-api', () =>
  createApp({
    service: 'thing-api',
    routes,
    envelope: novaEnvelope,
    tokens: null,
    policies: new PolicySet(policiesOf(routes)),
    log,
  }),
);
const asOther = (transport: ReturnType<typeof socket>) =>
  actAs('other-api', () => client({ fault }, transport, { from: 'other-api', to: 'thing-api' }).fault());

const faults: Record<string, () => unknown> = {
  rejection: () => actAs('thing-api', () => setImmediate(leave)),
  'rejection-value': () => actAs('thing-api', () => void Promise.reject('left behind')),
  'rejection-in-process': () => asOther(actAs('thing-api', () => inProcess(() => app))),
  'rejection-socket': async () => {
    const url = await actAs('thing-api', () => listen(app, { host: '127.0.0.1', port: 0 }));
    const transport = socket(url);
    await asOther(transport);
    await transport.close();
    await closeApp(app, 100);
  },
  'rejection-rpc': async () => {
    const bus = inProcessBus({ log });
    const contract = rpc('things', '1.0', { fault: cast(T.Object({})) });
    const handlers = { fault: async () => leave() };
    await actAs('thing-api', () => bus.serve(contract, { server: 'one', name: 'thing-api' }, handlers));
    await actAs('other-api', () => bus.client(contract, { from: 'other-api' }).fault({}));
  },
  exception: () =>
    actAs('thing-api', () =>
      setImmediate(() => {
        throw new Error('left behind');
      }),
    ),
  emitter: () =>
    actAs('thing-api', () => setTimeout(() => new EventEmitter().emit('error', new Error('left behind')), 1)),
  'left-handle': async () => {
    await actAs('thing-api', async () => void (await open('/dev/null')));
    await collectGarbage();
  },
};

await faults[process.argv[2] ?? '']!();
await sleep(100);
process.stdout.write(`${await renderPrometheus()}\nstill here\n`);
