import type { Kysely } from 'kysely';
import { domainLimit, highestInDomain, type Limit, projectBelow } from '../db/limits.ts';
import { findProject } from '../db/projects.ts';
import { findRegisteredLimit } from '../db/registered-limits.ts';
import type { KeystoneTables } from '../db/schema.ts';
import { limitInvalid } from '../errors.ts';

type Q = Kysely<KeystoneTables>;

/** How the limits of projects and domains have to do with each other. */
export interface LimitModel {
  readonly name: string;
  readonly description: string;
  /** Projects above each other at most, the domain not counted. */
  readonly maxProjectDepth: number | undefined;
  /** @throws limitInvalid when limits that are about to be written do not fit with those that are there. */
  check(q: Q, limits: readonly Limit[]): Promise<void>;
}

export const flatModel: LimitModel = {
  name: 'flat',
  description: 'Limit enforcement and validation does not take project hierarchy into consideration.',
  maxProjectDepth: undefined,
  check: async () => {},
};

/** A project has at most what its domain has. */
export const strictTwoLevelModel: LimitModel = {
  name: 'strict_two_level',
  description: 'This model requires project hierarchy never exceeds a depth of two',
  maxProjectDepth: 2,
  check: async (q, limits) => {
    for (const limit of limits) {
      const fits = limit.domainId === null ? await fitsAbove(q, limit, limits) : await fitsBelow(q, limit);
      if (!fits) throw limitInvalid({ reason: describe(limit) });
    }
  },
};

export function limitModel(name: 'flat' | 'strict_two_level'): LimitModel {
  return name === 'flat' ? flatModel : strictTwoLevelModel;
}

/** @throws Error when there are projects deeper than the model allows: the service must not start. */
export async function checkProjectDepth(q: Q, { name, maxProjectDepth }: LimitModel): Promise<void> {
  if (maxProjectDepth === undefined) return;
  const deep = await projectBelow(q, maxProjectDepth);
  if (deep !== undefined)
    throw new Error(
      `Project ${deep} is deeper in its hierarchy than unifiedLimit.enforcementModel ${name} allows: ${maxProjectDepth} levels. Choose another model or move the project.`,
    );
}

/** A project's limit against its domain's: the one written with it, the one that is there, or what is registered. */
async function fitsAbove(q: Q, limit: Limit, together: readonly Limit[]): Promise<boolean> {
  const parentId = (await findProject(q, limit.projectId as string))?.parentId ?? null;
  if (parentId === null) return true;
  const { registeredLimitId, resourceLimit } = limit;
  const beside = together.find((one) => one.domainId === parentId && one.registeredLimitId === registeredLimitId);
  const above =
    beside?.resourceLimit ??
    (await domainLimit(q, registeredLimitId, parentId)) ??
    (await findRegisteredLimit(q, registeredLimitId))?.defaultLimit;
  return above === undefined || resourceLimit <= above;
}

async function fitsBelow(q: Q, { registeredLimitId, domainId, resourceLimit }: Limit): Promise<boolean> {
  const highest = await highestInDomain(q, registeredLimitId, domainId as string);
  return highest === undefined || resourceLimit >= highest;
}

function describe(limit: Limit): string {
  const { projectId, domainId, resourceName, resourceLimit, serviceId, regionId } = limit;
  const owner = projectId === null ? `domain_id: ${domainId}` : `project_id: ${projectId}`;
  return `The resource limit (${owner}, resource_name: ${resourceName}, resource_limit: ${resourceLimit}, service_id: ${serviceId}, region_id: ${regionId ?? 'None'}) doesn't satisfy current hierarchy model.`;
}
