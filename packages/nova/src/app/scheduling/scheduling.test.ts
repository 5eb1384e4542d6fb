import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainRefusal, filterHosts, filters } from './filters.ts';
import type { HostCandidate, HostWish } from './host-candidate.ts';
import { requiredTraits, resourcesOf } from './resources.ts';
import { rankHosts, sortByWeight } from './weighers.ts';

const flavor = {
  ...{ id: '1', name: 'm1', vcpus: 2, memoryMb: 512, rootGb: 10, ephemeralGb: 1, swapMb: 1500, rxtxFactor: 1 },
  extraSpecs: {} as Record<string, string>,
};
const wish = (changes: Partial<HostWish['request']> = {}, more: Partial<HostWish> = {}): HostWish => ({
  flavor,
  request: { networks: [], securityGroupIds: [], securityGroupNames: [], adminPassGiven: false, ...changes },
  excludeHosts: [],
  ...more,
});

const host = (changes: Partial<HostCandidate> = {}): HostCandidate => ({
  ...{ host: 'a', node: 'a', providerId: 'a', up: true, disabled: false, zone: 'nova', architecture: 'x86_64' },
  ...{ hypervisorType: 'QEMU', aggregateMetadata: {}, hasRoom: true, freeVcpus: 4, freeMemoryMb: 4_000 },
  ...{ freeDiskGb: 100, buildFailures: 0 },
  ...changes,
});

/** A small generator with a seed, so that a failure can be repeated. */
function randoms(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

function someHosts(random: () => number): HostCandidate[] {
  const chance = (probability: number) => random() < probability;
  return Array.from({ length: Math.floor(random() * 12) }, (_, index) =>
    host({
      ...{ host: `h${index}`, node: `h${index}`, providerId: `h${index}`, up: chance(0.8), disabled: chance(0.2) },
      ...{ zone: chance(0.5) ? 'nova' : 'other', hasRoom: chance(0.7), freeMemoryMb: Math.floor(random() * 10_000) },
      ...{ freeVcpus: Math.floor(random() * 64), buildFailures: chance(0.2) ? 1 : 0 },
    }),
  );
}

test('every filter refuses what it is for, and nothing else', () => {
  const properties = (values: Record<string, string>) => ({
    image: { id: 'i', minDiskGb: 0, minRamMb: 0, properties: values },
  });
  const extra = (values: Record<string, string>) => ({ flavor: { ...flavor, extraSpecs: values } });
  const specs = { 'aggregate_instance_extra_specs:ssd': 'true' };
  const cases: [string, HostCandidate, HostWish][] = [
    ['RetryFilter', host(), wish({}, { excludeHosts: ['a'] })],
    ['ComputeFilter', host({ up: false }), wish()],
    ['ComputeFilter', host({ disabled: true }), wish()],
    ['RequestedHostFilter', host(), wish({ host: 'b' })],
    ['RequestedHostFilter', host(), wish({ node: 'b' })],
    ['AvailabilityZoneFilter', host(), wish({ availabilityZone: 'other' })],
    ['ImagePropertiesFilter', host(), wish(properties({ hw_architecture: 'aarch64' }))],
    ['ImagePropertiesFilter', host(), wish(properties({ img_hv_type: 'xen' }))],
    ['AggregateInstanceExtraSpecsFilter', host(), wish({}, extra(specs))],
    ['PlacementFilter', host({ hasRoom: false }), wish()],
  ];
  for (const [name, candidate, wanted] of cases) {
    const { accepted, refused } = filterHosts([candidate], wanted);
    assert.deepEqual([accepted, refused.map(({ filter }) => filter.name)], [[], [name]]);
  }
  const fine: [HostCandidate, HostWish][] = [
    [host(), wish()],
    [host(), wish({ host: 'a', availabilityZone: 'nova' })],
    [host(), wish(properties({ hw_architecture: 'amd64', img_hv_type: 'kvm' }))],
    [host({ aggregateMetadata: { ssd: ['false', 'true'] } }), wish({}, extra(specs))],
  ];
  for (const [candidate, wanted] of fine) assert.equal(filterHosts([candidate], wanted).accepted.length, 1);
});

test('hosts are accepted or counted by exactly one filter, and those accepted pass all of them', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = randoms(seed);
    const hosts = someHosts(random);
    const wanted = wish(random() < 0.5 ? { availabilityZone: 'other' } : {});
    const filtered = filterHosts(hosts, wanted);
    const counted = [...filtered.accepted.map((one) => one.host), ...filtered.refused.flatMap((one) => one.hosts)];
    assert.deepEqual(counted.sort(), hosts.map((one) => one.host).sort(), `seed ${seed}`);
    for (const one of filtered.accepted) assert.ok(filters.every((filter) => filter.accepts(one, wanted)));
    if (filtered.accepted.length === 0) {
      const { reason, details } = explainRefusal(hosts.length, filtered);
      assert.match(reason, /^[A-Z].*\.$/);
      assert.doesNotMatch(reason, /\d|Filter/, 'words only for users');
      for (const { filter, hosts: names } of filtered.refused)
        assert.ok(details.includes(`${filter.name} refused ${names.length} of ${hosts.length}`));
    }
  }
});

test('ranking keeps every host once, puts one that fails builds last, and spreads over the best', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = randoms(seed);
    const hosts = someHosts(random);
    const ranked = rankHosts(hosts, 3, random);
    assert.deepEqual(new Set(ranked), new Set(hosts));
    const sorted = sortByWeight(hosts);
    const failing = sorted.findIndex(({ buildFailures }) => buildFailures > 0);
    if (failing >= 0)
      assert.ok(
        sorted.slice(failing).every(({ buildFailures }) => buildFailures > 0),
        `seed ${seed}`,
      );
  }
  const equals = ['a', 'b', 'c', 'd'].map((name) => host({ host: name }));
  const firsts = Array.from({ length: 200 }, (_, seed) => rankHosts(equals, 3, randoms(seed + 1))[0]!.host);
  assert.deepEqual([...new Set(firsts)].sort(), ['a', 'b', 'c', 'd']);
  const better = host({ host: 'b', freeMemoryMb: 9_000, freeVcpus: 9, freeDiskGb: 900 });
  assert.deepEqual(sortByWeight([host(), better])[0], better);
});

test('resources and traits of a flavor', () => {
  assert.deepEqual(resourcesOf(flavor, false), { VCPU: 2, MEMORY_MB: 512, DISK_GB: 13 });
  assert.deepEqual(resourcesOf(flavor, true), { VCPU: 2, MEMORY_MB: 512, DISK_GB: 3 });
  const special = { ...flavor, extraSpecs: { 'resources:CUSTOM_X': '2', 'resources:VCPU': '0' } };
  assert.deepEqual(resourcesOf(special, false), { MEMORY_MB: 512, DISK_GB: 13, CUSTOM_X: 2 });
  assert.deepEqual(requiredTraits({ 'trait:HW_A': 'required', other: 'x' }, { 'trait:HW_B': 'forbidden' }), [
    'HW_A',
    '!HW_B',
  ]);
});
