import { implement, type Route } from '@kumo/core/http';
import { showMetadata, showMetadataRoot } from './metadata-operations.ts';
import type { MetadataService } from './metadata-service.ts';

export function metadataRoutes(metadata: MetadataService): Route[] {
  return [
    implement(showMetadataRoot, async ({ headers, reply }) => {
      const { body, contentType } = await metadata.show(headers, '');
      reply.header('content-type', contentType);
      return body;
    }),
    implement(showMetadata, async ({ headers, params, reply }) => {
      const { body, contentType } = await metadata.show(headers, params.path);
      reply.header('content-type', contentType);
      return body;
    }),
  ];
}
