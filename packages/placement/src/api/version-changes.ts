import { before, change } from '@kumo/core/microversion';
import { updateProviderAggregates } from './resource-providers.ts';

export const MIN_VERSION = '1.0';
/** Numbered request groups (1.25), reshaping (1.30) and same_subtree (1.36) are not offered: such requests are refused by name. */
export const MAX_VERSION = '1.39';

export const changes = [
  change(
    '1.19',
    'Aggregates carry the generation of their provider; before, the body was the bare list.',
    before(updateProviderAggregates, { request: (aggregates) => ({ aggregates }) }),
  ),
];
