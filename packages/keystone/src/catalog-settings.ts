import { Type as T } from 'typebox';

export const EndpointFilterConfig = T.Object(
  {
    returnAllEndpointsIfNoFilter: T.Boolean({
      default: true,
      description: 'Whether the catalog of a project without an endpoint filter shows every endpoint, or none.',
    }),
  },
  { additionalProperties: false, default: {} },
);

export const UnifiedLimitConfig = T.Object(
  {
    enforcementModel: T.Union([T.Literal('flat'), T.Literal('strict_two_level')], {
      default: 'flat',
      description:
        'How limits of projects and domains have to do with each other. `strict_two_level`: a project has at most what its domain has, and projects stand at most two deep.',
    }),
  },
  { additionalProperties: false, default: {} },
);
