/**
 * The 28 steps of a server's life (design, FLOW), read off the spans of its trace. Nothing but this table says which
 * span is which step; `docs/server-build.md` lists the same.
 */
import type { StoredSpan } from '@kumo/core/telemetry';

export type StepKind = 'http' | 'amqp' | 'sql' | 'native' | 'internal';

export interface StepDefinition {
  step: number;
  from: string;
  to: string;
  kind: StepKind;
  what: string;
  /** Which span shows the step. */
  match: (span: StoredSpan) => boolean;
  /** The span must lie below the span of this step (in the trace's tree). */
  below?: number;
  /** `end`: the step is the answer that ends the span. Default `whole`. */
  part?: 'whole' | 'end';
  /** Why a server may do without the step; absent: it never may. */
  skippedWhen?: string;
}

const span =
  (kind: StepKind, name: string, from: string | undefined, side: 'client' | 'server' | undefined) =>
  (candidate: StoredSpan) =>
    candidate.kind === kind &&
    candidate.name === name &&
    (from === undefined || candidate.from === from) &&
    (side === undefined || candidate.side === side);

const anyOf =
  (...matches: ((candidate: StoredSpan) => boolean)[]) =>
  (candidate: StoredSpan) =>
    matches.some((match) => match(candidate));

const image = anyOf(
  span('http', 'showImage', 'nova-compute', 'client'),
  span('http', 'downloadImage', 'nova-compute', 'client'),
);
const network = (candidate: StoredSpan) =>
  candidate.kind === 'http' &&
  candidate.from === 'nova-compute' &&
  candidate.to === 'neutron-server' &&
  candidate.side === 'client';
const volume = (candidate: StoredSpan) =>
  candidate.kind === 'http' &&
  candidate.from === 'nova-compute' &&
  candidate.to === 'cinder-api' &&
  candidate.side === 'client';
const validation = (from: string) => span('http', 'validateToken', from, 'client');
const schedulingWork = (candidate: StoredSpan) =>
  candidate.from === 'nova-scheduler' &&
  candidate.side === 'client' &&
  (candidate.kind === 'sql' || (candidate.kind === 'http' && candidate.to === 'placement-api'));

const NO_IMAGE = 'the server boots from a volume';
const NO_NETWORK = 'the server has no network';
const NO_VOLUME = 'the server has no volume';

export const STEPS: readonly StepDefinition[] = [
  {
    step: 1,
    from: 'client',
    to: 'keystone',
    kind: 'http',
    what: 'sends name and password',
    match: span('http', 'issueToken', undefined, 'server'),
  },
  {
    step: 2,
    from: 'keystone',
    to: 'keystone',
    kind: 'internal',
    what: 'verifies them, issues a token',
    match: span('http', 'issueToken', undefined, 'server'),
  },
  {
    step: 3,
    from: 'client',
    to: 'nova-api',
    kind: 'http',
    what: 'POST /servers with the token',
    match: span('http', 'createServer', undefined, 'server'),
  },
  {
    step: 4,
    from: 'nova-api',
    to: 'keystone',
    kind: 'http',
    what: 'is this token valid?',
    match: validation('nova-api'),
    below: 3,
  },
  {
    step: 5,
    from: 'keystone',
    to: 'nova-api',
    kind: 'http',
    what: 'yes: roles, project',
    match: validation('nova-api'),
    below: 3,
    part: 'end',
  },
  {
    step: 6,
    from: 'nova-api',
    to: 'nova database',
    kind: 'sql',
    what: "writes the new server's record",
    match: span('sql', 'INSERT servers', 'nova-api', undefined),
    below: 3,
  },
  {
    step: 7,
    from: 'nova database',
    to: 'nova-api',
    kind: 'sql',
    what: 'done',
    match: span('sql', 'COMMIT createServer', 'nova-api', undefined),
    below: 3,
  },
  {
    step: 8,
    from: 'nova-api',
    to: 'nova-scheduler',
    kind: 'amqp',
    what: 'waits for a host',
    match: span('amqp', 'nova-scheduler.selectHost', 'nova-api', 'client'),
  },
  {
    step: 9,
    from: 'nova-scheduler',
    to: 'nova-scheduler',
    kind: 'amqp',
    what: 'takes the request from its queue',
    match: span('amqp', 'nova-scheduler.selectHost', undefined, 'server'),
  },
  {
    step: 10,
    from: 'nova-scheduler',
    to: 'nova database',
    kind: 'sql',
    what: 'filters, weighs, claims a host in Placement',
    match: schedulingWork,
    below: 9,
  },
  {
    step: 11,
    from: 'nova-scheduler',
    to: 'nova-api',
    kind: 'amqp',
    what: "the host's id",
    match: span('amqp', 'nova-scheduler.selectHost.reply.received', 'nova-scheduler', undefined),
  },
  {
    step: 12,
    from: 'nova-scheduler',
    to: 'nova-compute',
    kind: 'amqp',
    what: 'start this server on your host',
    match: span('amqp', 'nova-compute.buildServer', 'nova-scheduler', 'client'),
  },
  {
    step: 13,
    from: 'nova-compute',
    to: 'nova-compute',
    kind: 'amqp',
    what: 'takes the request',
    match: span('amqp', 'nova-compute.buildServer', undefined, 'server'),
  },
  {
    step: 14,
    from: 'nova-compute',
    to: 'nova-conductor',
    kind: 'amqp',
    what: 'tell me about this server',
    match: span('amqp', 'nova-conductor.describeServer', 'nova-compute', 'client'),
  },
  {
    step: 15,
    from: 'nova-conductor',
    to: 'nova-conductor',
    kind: 'amqp',
    what: 'takes the request',
    match: span('amqp', 'nova-conductor.describeServer', undefined, 'server'),
  },
  {
    step: 16,
    from: 'nova-conductor',
    to: 'nova database',
    kind: 'sql',
    what: 'reads flavor, host, disks',
    match: (candidate) => candidate.kind === 'sql' && candidate.from === 'nova-conductor',
    below: 15,
  },
  {
    step: 17,
    from: 'nova-conductor',
    to: 'nova-compute',
    kind: 'amqp',
    what: "the server's description",
    match: span('amqp', 'nova-conductor.describeServer.reply', 'nova-conductor', undefined),
  },
  {
    step: 18,
    from: 'nova-compute',
    to: 'nova-compute',
    kind: 'amqp',
    what: 'takes the reply',
    match: span('amqp', 'nova-conductor.describeServer.reply.received', 'nova-conductor', undefined),
  },
  {
    step: 19,
    from: 'nova-compute',
    to: 'glance-api',
    kind: 'http',
    what: 'asks for the image',
    match: image,
    skippedWhen: NO_IMAGE,
  },
  {
    step: 20,
    from: 'glance-api',
    to: 'keystone',
    kind: 'http',
    what: 'validates the token',
    match: validation('glance-api'),
    below: 19,
    skippedWhen: NO_IMAGE,
  },
  {
    step: 21,
    from: 'glance-api',
    to: 'nova-compute',
    kind: 'http',
    what: "the image's metadata and data",
    match: image,
    part: 'end',
    skippedWhen: NO_IMAGE,
  },
  {
    step: 22,
    from: 'nova-compute',
    to: 'neutron-server',
    kind: 'http',
    what: 'ports and addresses',
    match: network,
    skippedWhen: NO_NETWORK,
  },
  {
    step: 23,
    from: 'neutron-server',
    to: 'keystone',
    kind: 'http',
    what: 'validates the token',
    match: validation('neutron-server'),
    below: 22,
    skippedWhen: NO_NETWORK,
  },
  {
    step: 24,
    from: 'neutron-server',
    to: 'nova-compute',
    kind: 'http',
    what: "the network's description",
    match: network,
    part: 'end',
    skippedWhen: NO_NETWORK,
  },
  {
    step: 25,
    from: 'nova-compute',
    to: 'cinder-api',
    kind: 'http',
    what: 'attaches volumes',
    match: volume,
    skippedWhen: NO_VOLUME,
  },
  {
    step: 26,
    from: 'cinder-api',
    to: 'keystone',
    kind: 'http',
    what: 'validates the token',
    match: validation('cinder-api'),
    below: 25,
    skippedWhen: NO_VOLUME,
  },
  {
    step: 27,
    from: 'cinder-api',
    to: 'nova-compute',
    kind: 'http',
    what: 'how to reach the volume',
    match: volume,
    part: 'end',
    skippedWhen: NO_VOLUME,
  },
  {
    step: 28,
    from: 'nova-compute',
    to: 'hypervisor',
    kind: 'native',
    what: 'defines and starts the guest',
    match: span('native', 'hypervisor.spawn', undefined, undefined),
  },
];
