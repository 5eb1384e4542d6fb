import type { KeystoneConfig } from '../config.ts';
import { Catalog } from './catalog.ts';
import { EndpointGroups } from './endpoint-groups.ts';
import type { LimitModel } from './limit-model.ts';
import { Limits } from './limits.ts';
import { Policies } from './policies.ts';
import { PolicyAssociations } from './policy-associations.ts';
import { ProjectEndpoints } from './project-endpoints.ts';
import { Regions } from './regions.ts';
import { RegisteredLimits } from './registered-limits.ts';
import type { ResourceDeps } from './resource-deps.ts';

/** The catalog, what restricts and describes it, and unified limits. */
export function composeCatalog(core: ResourceDeps, model: LimitModel) {
  return {
    regions: new Regions(core),
    catalog: new Catalog(core),
    endpointGroups: new EndpointGroups(core),
    projectEndpoints: new ProjectEndpoints(core),
    policies: new Policies(core),
    policyAssociations: new PolicyAssociations(core),
    registeredLimits: new RegisteredLimits(core),
    limits: new Limits(core, model),
  };
}

/** The bounds of projects, with what the model of limits asks for. */
export function resourceWithin(resource: KeystoneConfig['resource'], { maxProjectDepth }: LimitModel) {
  const maxProjectTreeDepth = Math.min(resource.maxProjectTreeDepth, maxProjectDepth ?? resource.maxProjectTreeDepth);
  return { ...resource, maxProjectTreeDepth };
}
