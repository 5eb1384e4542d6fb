import type { Filter, PageOptions } from '@kumo/core/db';
import { invalid } from '../errors.ts';

/** What of a list is wanted. */
export interface ListWanted {
  readonly filters?: readonly Filter[];
  readonly limit?: number;
  readonly marker?: string;
}

/** As options of a page, within the service's bound. */
export function pageOptions({ filters, limit, marker }: ListWanted, listLimit: number): PageOptions {
  return {
    filters,
    marker,
    limit: Math.min(limit ?? listLimit, listLimit),
    unknownMarker: () => invalid({ message: 'The marker is not in the list.' }),
  };
}
