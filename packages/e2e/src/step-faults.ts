/** Where a daemon is killed in mid-build: its fault (core's telemetry/fault), and the daemon that dies of it. */
export interface BuildFault {
  victim: string;
  fault: {
    name: string;
    from?: string;
    to?: string;
    kind?: string;
    side?: 'client' | 'server';
    when?: 'start' | 'end';
    parent?: string;
    parentFrom?: string;
  };
}

const rpc = (name: string, side: 'client' | 'server', when: 'start' | 'end' = 'start') => ({
  name: `^${name}$`,
  kind: 'amqp',
  side,
  when,
});
/** What nova-compute asks of another service while it builds, seen from nova-compute. */
const asked = (name: string, to: string, when: 'start' | 'end') => ({
  name: `^${name}$`,
  from: 'nova-compute',
  to,
  kind: 'http',
  side: 'client' as const,
  parent: '^flow.server.build.',
  when,
});
/** The other service checking the token of such a question. */
const checked = (from: string) => ({
  name: '^validateToken$',
  from,
  kind: 'http',
  side: 'client' as const,
  parentFrom: 'nova-compute',
});

/** One for each of the 28 steps. */
export const STEP_FAULTS: readonly (BuildFault & { step: number })[] = [
  { step: 1, victim: 'keystone', fault: { name: '^issueToken$', from: 'client', side: 'server' } },
  { step: 2, victim: 'keystone', fault: { name: '^SELECT passwords$', parent: '^issueToken$', parentFrom: 'client' } },
  { step: 3, victim: 'nova-api', fault: { name: '^createServer$', side: 'server' } },
  {
    step: 4,
    victim: 'nova-api',
    fault: { name: '^validateToken$', from: 'nova-api', side: 'client', parent: '^createServer$' },
  },
  { step: 5, victim: 'keystone', fault: { name: '^validateToken$', from: 'nova-api', side: 'server' } },
  { step: 6, victim: 'nova-api', fault: { name: '^INSERT servers$', from: 'nova-api' } },
  { step: 7, victim: 'nova-api', fault: { name: '^COMMIT', from: 'nova-api', parent: '^createServer$', when: 'end' } },
  { step: 8, victim: 'nova-api', fault: rpc('nova-scheduler.selectHost', 'client') },
  { step: 9, victim: 'nova-scheduler', fault: rpc('nova-scheduler.selectHost', 'server') },
  {
    step: 10,
    victim: 'nova-scheduler',
    fault: { name: '', from: 'nova-scheduler', to: 'placement-api', side: 'client', when: 'end' },
  },
  { step: 11, victim: 'nova-api', fault: rpc('nova-scheduler.selectHost', 'client', 'end') },
  { step: 12, victim: 'nova-scheduler', fault: rpc('nova-compute.buildServer', 'client') },
  { step: 13, victim: 'nova-compute', fault: rpc('nova-compute.buildServer', 'server') },
  { step: 14, victim: 'nova-compute', fault: rpc('nova-conductor.describeServer', 'client') },
  { step: 15, victim: 'nova-conductor', fault: rpc('nova-conductor.describeServer', 'server') },
  {
    step: 16,
    victim: 'nova-conductor',
    fault: { name: '^SELECT', from: 'nova-conductor', kind: 'sql', parent: 'describeServer$' },
  },
  { step: 17, victim: 'nova-conductor', fault: rpc('nova-conductor.describeServer.reply', 'server') },
  { step: 18, victim: 'nova-compute', fault: rpc('nova-conductor.describeServer', 'client', 'end') },
  { step: 19, victim: 'nova-compute', fault: asked('downloadImage', 'glance-api', 'start') },
  { step: 20, victim: 'glance-api', fault: checked('glance-api') },
  { step: 21, victim: 'nova-compute', fault: asked('downloadImage', 'glance-api', 'end') },
  { step: 22, victim: 'nova-compute', fault: asked('createPort', 'neutron-server', 'start') },
  { step: 23, victim: 'neutron-server', fault: checked('neutron-server') },
  { step: 24, victim: 'nova-compute', fault: asked('createPort', 'neutron-server', 'end') },
  { step: 25, victim: 'nova-compute', fault: asked('createAttachment', 'cinder-api', 'start') },
  { step: 26, victim: 'cinder-api', fault: checked('cinder-api') },
  { step: 27, victim: 'nova-compute', fault: asked('createAttachment', 'cinder-api', 'end') },
  { step: 28, victim: 'nova-compute', fault: { name: '^hypervisor.spawn$', kind: 'native', when: 'end' } },
];

/** Of daemons that work for the speakers of the 28 steps, behind their APIs. */
export const FAULTS_BEHIND: readonly (BuildFault & { what: string })[] = [
  {
    what: 'after a claim was written',
    victim: 'placement-api',
    fault: { name: '^replaceAllocations$', side: 'server', when: 'end' },
  },
  { what: 'when a volume is to be exported', victim: 'cinder-volume', fault: rpc('cinder-volume.connect', 'server') },
  {
    what: 'when a port is to be wired',
    victim: 'neutron-linuxbridge-agent',
    fault: rpc('neutron-linuxbridge-agent.portsChanged', 'server'),
  },
  {
    what: 'when a port was wired, before anybody knows',
    victim: 'neutron-linuxbridge-agent',
    fault: rpc('neutron-server.portStatus', 'client'),
  },
  {
    what: 'when DHCP is to know a port',
    victim: 'neutron-dhcp-agent',
    fault: rpc('neutron-dhcp-agent.networksChanged', 'server'),
  },
];
