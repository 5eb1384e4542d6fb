/** Notifications over a real RabbitMQ, as a listener of oslo.messaging sees them. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type AsyncMessage, Connection } from 'rabbitmq-client';
import { silentLogger } from '../../src/log/index.ts';
import { type Notification, osloEnvelope, rabbitNotifier } from '../../src/notify/index.ts';
import { type PrivateRabbitmq, startRabbitmq } from '../../src/testing/rabbitmq.ts';
import { until } from '../../src/testing/until.ts';

const told = (eventType: string): Notification => ({
  eventType,
  publisherId: 'identity.host-1',
  priority: 'info',
  payload: { resource_info: 'x' },
});

test('the envelope is that of oslo.messaging 2.0', () => {
  const envelope = JSON.parse(osloEnvelope(told('identity.user.created')).toString());
  assert.equal(envelope['oslo.version'], '2.0');
  const message = JSON.parse(envelope['oslo.message']);
  const { message_id, timestamp, _unique_id, ...rest } = message;
  assert.match(message_id, /^[0-9a-f-]{36}$/);
  assert.match(_unique_id, /^[0-9a-f]{32}$/);
  assert.match(timestamp, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/);
  assert.deepEqual(rest, {
    publisher_id: 'identity.host-1',
    event_type: 'identity.user.created',
    priority: 'INFO',
    payload: { resource_info: 'x' },
  });
});

let broker: PrivateRabbitmq;
before(async () => {
  broker = await startRabbitmq();
});
after(() => broker.destroy());

/** Event types as they arrive at a queue bound to `notifications.info`. */
function listen(exchange: string, durable: boolean) {
  const connection = new Connection({ url: broker.url, retryLow: 100, retryHigh: 200 });
  connection.on('error', () => {});
  const events: string[] = [];
  const queue = `${exchange}.listener`;
  const consumer = connection.createConsumer(
    {
      queue,
      queueOptions: { queue, durable: true },
      exchanges: [{ exchange, type: 'topic', durable }],
      queueBindings: [{ exchange, routingKey: 'notifications.info' }],
    },
    async (message: AsyncMessage) => {
      assert.equal(message.contentType, 'application/json');
      const body = Buffer.isBuffer(message.body) ? JSON.parse(message.body.toString()) : message.body;
      events.push(JSON.parse(body['oslo.message']).event_type);
    },
  );
  consumer.on('error', () => {});
  return {
    events,
    ready: new Promise<void>((resolve) => consumer.once('ready', resolve)),
    close: async () => {
      await consumer.close();
      await connection.close();
    },
  };
}

test('a listener gets what is told, in order', async () => {
  const listener = listen('keystone', false);
  await listener.ready;
  const notifier = rabbitNotifier({
    url: broker.url,
    log: silentLogger,
    exchange: 'keystone',
    topics: ['notifications'],
  });
  const wanted = Array.from({ length: 250 }, (_, at) => `identity.user.${at}`);
  for (const eventType of wanted) notifier.notify(told(eventType));
  await until(() => listener.events.length >= wanted.length, 15_000);
  assert.deepEqual(listener.events, wanted);
  await notifier.close();
  await listener.close();
});

test('what is told while the broker is away arrives when it is back; an exchange of other properties will do', async () => {
  const listener = listen('nova', true);
  await listener.ready;
  const notifier = rabbitNotifier({
    url: broker.url,
    log: silentLogger,
    exchange: 'nova',
    topics: ['notifications'],
    maxWaiting: 5,
  });
  notifier.notify(told('first'));
  await until(() => listener.events.includes('first'), 15_000);
  await broker.kill();
  for (let at = 0; at < 8; at++) notifier.notify(told(`later-${at}`));
  await broker.start();
  await until(() => listener.events.includes('later-7'), 15_000);
  // No more than five wait, beside what was being sent: the older ones were dropped.
  assert.ok(!listener.events.includes('later-1') && !listener.events.includes('later-2'));
  for (const at of [3, 4, 5, 6, 7]) assert.ok(listener.events.includes(`later-${at}`));
  await notifier.close();
  await listener.close();
});
