import { implement, type Route } from '@kumo/core/http';
import { showRoot } from './root.ts';
import { MAX_VERSION, MIN_VERSION } from './version-changes.ts';

const versions = [
  {
    id: 'v1.0',
    status: 'CURRENT',
    min_version: MIN_VERSION,
    max_version: MAX_VERSION,
    links: [{ rel: 'self', href: '' }],
  },
];

export const rootRoutes = (): Route[] => [implement(showRoot, () => ({ versions }))];
