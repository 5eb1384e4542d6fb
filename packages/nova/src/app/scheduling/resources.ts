import type { FlavorSnapshot } from '../../db/server-shapes.ts';

const CLASSES = { VCPU: 'vcpus', MEMORY_MB: 'memoryMb', DISK_GB: 'diskGb' } as const;

/** What a server of this flavor takes from a host; a root disk on a volume takes nothing. */
export function resourcesOf(flavor: FlavorSnapshot, bootsFromVolume: boolean): Record<string, number> {
  const rootGb = bootsFromVolume ? 0 : flavor.rootGb;
  const needs = {
    vcpus: flavor.vcpus,
    memoryMb: flavor.memoryMb,
    diskGb: rootGb + flavor.ephemeralGb + Math.ceil(flavor.swapMb / 1024),
  };
  const resources: Record<string, number> = {};
  for (const [name, need] of Object.entries(CLASSES)) if (needs[need] > 0) resources[name] = needs[need];
  for (const [key, value] of Object.entries(flavor.extraSpecs)) {
    const [, name] = /^resources:([A-Z0-9_]+)$/.exec(key) ?? [];
    if (name === undefined) continue;
    if (Number(value) > 0) resources[name] = Number(value);
    else delete resources[name];
  }
  return resources;
}

/** `trait:HW_CPU_X86_AVX=required` and `=forbidden` of flavor and image, as Placement wants them. */
export function requiredTraits(...sources: readonly Readonly<Record<string, string>>[]): string[] {
  const traits = new Set<string>();
  for (const [key, value] of sources.flatMap((source) => Object.entries(source))) {
    const [, name] = /^trait:([A-Z0-9_]+)$/.exec(key) ?? [];
    if (name !== undefined && value === 'required') traits.add(name);
    if (name !== undefined && value === 'forbidden') traits.add(`!${name}`);
  }
  return [...traits];
}
