import { type Filter, type Page, pageQuery, type Sort } from '@kumo/core/db';
import type { Kysely, SelectQueryBuilder } from 'kysely';
import { type Image, withParts } from './images.ts';
import type { GlanceTables } from './schema.ts';

/** Whose list it is. */
export interface Viewer {
  projectId: string | undefined;
  /** Sees every image. */
  isAdmin: boolean;
}

export interface ImageListOptions {
  viewer: Viewer;
  /** What was asked for; `default` are all but the community images of others. */
  visibility: 'default' | 'all' | 'private' | 'shared' | 'community' | 'public';
  /** How shared images must stand with the viewer to be listed. */
  memberStatus: 'pending' | 'accepted' | 'rejected' | 'all';
  /** Conditions on columns of `images`. */
  filters: readonly Filter[];
  /** Every one of them must be there. */
  tags: readonly string[];
  /** Every one of them must be there with its value. */
  properties: Readonly<Record<string, string>>;
  sorts: readonly Sort[];
  keyDir: 'asc' | 'desc';
  limit: number;
  marker: string | undefined;
  unknownMarker: (marker: string | number) => Error;
}

type ImagesQuery = SelectQueryBuilder<GlanceTables, 'images', object>;

/** One page of the images that the viewer sees. */
export async function listImages(q: Kysely<GlanceTables>, options: ImageListOptions): Promise<Page<Image>> {
  const { tags, properties, sorts, keyDir, limit, marker, unknownMarker } = options;
  let query: ImagesQuery = visibleTo(q.selectFrom('images'), options);
  for (const tag of tags) {
    query = query.where((eb) =>
      eb.exists(
        eb
          .selectFrom('image_tags')
          .select('tag')
          .whereRef('image_tags.image_id', '=', 'images.id')
          .where('image_tags.tag', '=', tag),
      ),
    );
  }
  for (const [name, value] of Object.entries(properties)) {
    query = query.where((eb) =>
      eb.exists(
        eb
          .selectFrom('image_properties')
          .select('name')
          .whereRef('image_properties.image_id', '=', 'images.id')
          .where('image_properties.name', '=', name)
          .where('image_properties.value', '=', value),
      ),
    );
  }
  const filters = [...options.filters];
  if (options.visibility !== 'default' && options.visibility !== 'all')
    filters.push({ column: 'images.visibility', op: 'eq', value: options.visibility });
  const page = await pageQuery(query.selectAll('images'), {
    filters,
    sorts,
    key: 'images.id',
    keyDir,
    limit,
    marker,
    unknownMarker,
  });
  return { rows: await withParts(q, page.rows), hasMore: page.hasMore };
}

function visibleTo(query: ImagesQuery, { viewer, visibility, memberStatus }: ImageListOptions): ImagesQuery {
  if (viewer.isAdmin) return query;
  const { projectId } = viewer;
  return query.where((eb) => {
    const seen = [eb('images.visibility', '=', 'public')];
    if (visibility === 'community' || visibility === 'all') seen.push(eb('images.visibility', '=', 'community'));
    if (projectId !== undefined) {
      const member = eb
        .selectFrom('image_members')
        .select('image_id')
        .where('image_members.member', '=', projectId)
        .$if(memberStatus !== 'all', (some) => some.where('image_members.status', '=', memberStatus));
      seen.push(eb('images.owner', '=', projectId));
      seen.push(eb.and([eb('images.visibility', '=', 'shared'), eb('images.id', 'in', member)]));
    }
    return eb.or(seen);
  });
}
