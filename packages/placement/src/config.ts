import { policySettings } from '@kumo/core/policy';
import { type Static, Type as T } from 'typebox';

/** `placement:` in kumo.yaml. */
export const PlacementConfig = T.Object(
  {
    ...policySettings,
    maxCandidates: T.Integer({
      default: 1000,
      minimum: 1,
      maximum: 10_000,
      description: 'The most allocation candidates in one answer.',
    }),
  },
  { additionalProperties: false, default: {} },
);
export type PlacementConfig = Static<typeof PlacementConfig>;
