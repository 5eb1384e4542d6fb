import { type HandlerInput, implement, nextLinks, pageSize, type Route, sortsOf } from '@kumo/core/http';
import { parseBoolean } from '@kumo/core/schema';
import type { VolumeType, VolumeTypes } from '../app/volume-types.ts';
import { extraSpecNotFound, invalidInput, volumeTypeNotFound } from '../errors.ts';
import { typeExtraSpecs, typeQosSpecs, typeSensitiveSpecs } from './policies.ts';
import {
  addTypeAccess,
  createTypeExtraSpecs,
  createVolumeType,
  deleteTypeExtraSpec,
  deleteVolumeType,
  listTypeAccess,
  listTypeExtraSpecs,
  listVolumeTypes,
  removeTypeAccess,
  showTypeExtraSpec,
  showVolumeType,
  updateTypeExtraSpec,
  updateVolumeType,
} from './types.ts';

type Allows = HandlerInput['allows'];

/** What users may know of a type's extra specs; the rest is the operator's business. */
const PUBLIC_SPECS = new Set(['multiattach', 'RESKEY:availability_zones', 'replication_enabled']);

function specsOf({ extraSpecs }: VolumeType, allows: Allows): Record<string, string> {
  if (allows(typeSensitiveSpecs.name)) return extraSpecs;
  return Object.fromEntries(Object.entries(extraSpecs).filter(([key]) => PUBLIC_SPECS.has(key)));
}

/** A type in the reply to a change; the extensions of OpenStack's Cinder add fields to the others. */
function plainBody(type: VolumeType, allows: Allows) {
  return {
    id: type.id,
    name: type.name,
    description: type.description,
    is_public: type.isPublic,
    ...(allows(typeExtraSpecs.name) ? { extra_specs: specsOf(type, allows) } : {}),
  };
}

function bodyOf(type: VolumeType, allows: Allows) {
  return {
    ...plainBody(type, allows),
    'os-volume-type-access:is_public': type.isPublic,
    ...(allows(typeQosSpecs.name) ? { qos_specs_id: null } : {}),
  };
}

export function typeRoutes(types: VolumeTypes, maxPage: number): Route[] {
  return [
    listRoute(types, maxPage),
    implement(showVolumeType, async ({ ctx, params, allows }) => {
      const id = params.type_id;
      const type = id === 'default' ? await types.showDefault() : await types.show(ctx, id);
      return { volume_type: bodyOf(type, allows) };
    }),
    implement(createVolumeType, async ({ body, allows }) => {
      const { name, description, extra_specs, 'os-volume-type-access:is_public': isPublic } = body.volume_type;
      const made = await types.create({
        name,
        description: description ?? null,
        extraSpecs: extra_specs ?? {},
        isPublic: parseBoolean(isPublic ?? undefined, true),
      });
      return { volume_type: { ...plainBody(made, allows), 'os-volume-type-access:is_public': made.isPublic } };
    }),
    implement(updateVolumeType, async ({ params, body, allows }) => {
      const { name, description, is_public: isPublic } = body.volume_type;
      const change = {
        name: name ?? undefined,
        description,
        isPublic: isPublic === undefined || isPublic === null ? undefined : parseBoolean(isPublic),
      };
      return { volume_type: plainBody(await types.update(params.type_id, change), allows) };
    }),
    implement(deleteVolumeType, ({ params }) => types.remove(params.type_id)),
    ...specRoutes(types),
    ...accessRoutes(types),
  ];
}

function listRoute(types: VolumeTypes, maxPage: number): Route {
  return implement(listVolumeTypes, async ({ ctx, query, allows, request }) => {
    const visible = await types.visible(ctx);
    const wantsPublic =
      query.is_public === undefined || /^none$/i.test(query.is_public) ? undefined : parseBoolean(query.is_public);
    const isAdmin = allows(typeSensitiveSpecs.name);
    const found = visible.filter(
      (type) =>
        (query.name === undefined || type.name === query.name) &&
        (query.description === undefined || type.description === query.description) &&
        // A user's list is of what he may use; only an admin asks for public or other ones.
        (!isAdmin || wantsPublic === undefined || type.isPublic === wantsPublic),
    );
    const sorts = sortsOf(query, { keys: { id: 'id', name: 'name' } as const });
    for (const { key, direction } of sorts.toReversed()) {
      found.sort((a, b) => (a[key] < b[key] ? -1 : 1) * (direction === 'asc' ? 1 : -1));
    }
    const start = query.marker === undefined ? 0 : found.findIndex(({ id }) => id === query.marker) + 1;
    if (query.marker !== undefined && start === 0) throw volumeTypeNotFound({ id: query.marker });
    const limit = pageSize(query.limit, maxPage);
    const page = found.slice(start, start + limit);
    const next = page.length === limit ? page.at(-1)?.id : undefined;
    return { volume_types: page.map((type) => bodyOf(type, allows)), ...nextLinks('volume_type', request, next) };
  });
}

function specRoutes(types: VolumeTypes): Route[] {
  return [
    implement(listTypeExtraSpecs, async ({ ctx, params, allows }) => ({
      extra_specs: specsOf(await types.show(ctx, params.type_id), allows),
    })),
    implement(createTypeExtraSpecs, async ({ params, body }) => ({
      extra_specs: await types.putExtraSpecs(params.type_id, body.extra_specs),
    })),
    implement(showTypeExtraSpec, async ({ ctx, params, allows }) => {
      const { type_id: id, key } = params;
      const value = specsOf(await types.show(ctx, id), allows)[key];
      if (value === undefined) throw extraSpecNotFound({ id, key });
      return { [key]: value };
    }),
    implement(updateTypeExtraSpec, async ({ params, body }) => {
      if (!Object.hasOwn(body, params.key))
        throw invalidInput({ reason: `Request body and URI mismatch: the body must have the key ${params.key}` });
      return types.putExtraSpecs(params.type_id, body);
    }),
    implement(deleteTypeExtraSpec, ({ params }) => types.dropExtraSpec(params.type_id, params.key)),
  ];
}

function accessRoutes(types: VolumeTypes): Route[] {
  return [
    implement(listTypeAccess, async ({ params }) => {
      const { typeId, projects } = await types.access(params.type_id);
      return { volume_type_access: projects.map((project_id) => ({ volume_type_id: typeId, project_id })) };
    }),
    implement(addTypeAccess, ({ params, body }) => types.addAccess(params.type_id, body.addProjectAccess.project)),
    implement(removeTypeAccess, ({ params, body }) =>
      types.removeAccess(params.type_id, body.removeProjectAccess.project),
    ),
  ];
}
