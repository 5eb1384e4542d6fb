import { implement, type RequestFacts } from '@kumo/core/http';
import type { GlanceConfig } from '../config.ts';
import { schemaNotFound } from '../errors.ts';
import { listStores, listVersions, showImportInfo, showSchema, showVersions } from './discovery.ts';
import { schemaDocuments } from './schema-documents.ts';

/** 2.9 is Glance's API with one store: later minor versions are stores, caches and locations, which are not offered. */
const newestMinor = 9;
const minors = [9, 7, 6, 5, 4, 3, 2, 1, 0];

export const discoveryRoutes = (config: GlanceConfig, storeName: string) => {
  const schemas = schemaDocuments(config);
  return [
    implement(listVersions, ({ request }) => versions(request)),
    implement(showVersions, ({ request }) => versions(request)),
    implement(showSchema, ({ params: { schema: name } }) => {
      const found = Object.hasOwn(schemas, name) ? schemas[name] : undefined;
      if (!found) throw schemaNotFound({ name });
      return found;
    }),
    implement(showImportInfo, () => ({
      'import-methods': { description: 'Import methods available.', type: 'array' as const, value: [] },
    })),
    implement(listStores, () => ({
      stores: [{ id: storeName, description: 'Files of this node.', default: 'true' }],
    })),
  ];
};

function versions({ baseUrl }: RequestFacts) {
  return {
    versions: minors.map((minor) => ({
      id: `v2.${minor}`,
      status: minor === newestMinor ? 'CURRENT' : 'SUPPORTED',
      links: [{ rel: 'self', href: `${baseUrl}/v2/` }],
    })),
  };
}
