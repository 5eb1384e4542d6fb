import type { GlanceConfig } from '../config.ts';
import { ImageFields } from './image-body.ts';
import { MemberBody } from './image-members.ts';

type Json = Record<string, unknown>;

const descriptions: Readonly<Record<string, string>> = {
  id: 'An identifier for the image',
  name: 'Descriptive name for the image',
  status: 'Status of the image',
  visibility: 'Scope of image accessibility',
  protected: 'If true, image will not be deletable.',
  os_hidden: 'If true, image will not appear in default image list response.',
  owner: 'Owner of the image',
  container_format: 'Format of the container',
  disk_format: 'Format of the disk',
  size: 'Size of image file in bytes',
  virtual_size: 'Virtual size of image in bytes',
  checksum: 'md5 hash of image contents.',
  os_hash_algo: 'Algorithm to calculate the os_hash_value',
  os_hash_value: 'Hexdigest of the image contents using the algorithm specified by the os_hash_algo',
  min_disk: 'Amount of disk space (in GB) required to boot image.',
  min_ram: 'Amount of ram (in MB) required to boot image.',
  tags: 'List of strings related to the image',
  created_at: 'Date and time of image registration',
  updated_at: 'Date and time of the last image modification',
  self: 'An image self url',
  file: 'An image file url',
  schema: 'An image schema url',
};
const readOnly = [
  ...['status', 'size', 'virtual_size', 'checksum', 'os_hash_algo', 'os_hash_value'],
  ...['created_at', 'updated_at', 'self', 'file', 'schema'],
];

/** The JSON schemas that clients build their models of images and members from. */
export function schemaDocuments(config: GlanceConfig): Readonly<Record<string, Json>> {
  const image = {
    name: 'image',
    properties: imageProperties(config),
    additionalProperties: { type: 'string' },
    links: [
      { rel: 'self', href: '{self}' },
      { rel: 'enclosure', href: '{file}' },
      { rel: 'describedby', href: '{schema}' },
    ],
  };
  const member = { name: 'member', properties: mapValues(MemberBody.properties, plain) };
  return { image, images: collection('images', image, true), member, members: collection('members', member, false) };
}

function imageProperties(config: GlanceConfig): Json {
  const { disk_format, container_format, ...others } = mapValues(ImageFields.properties, plain);
  const all: Json = {
    ...others,
    disk_format: { ...disk_format, enum: [null, ...config.diskFormats] },
    container_format: { ...container_format, enum: [null, ...config.containerFormats] },
  };
  return mapValues(all as Record<string, Json>, (schema, name) => ({
    ...schema,
    description: descriptions[name],
    ...(readOnly.includes(name) ? { readOnly: true } : {}),
  }));
}

function collection(name: string, item: Json, isPaged: boolean): Json {
  const paged = { first: { type: 'string' }, next: { type: 'string' } };
  const properties = {
    [name]: { type: 'array', items: item },
    schema: { type: 'string' },
    ...(isPaged ? paged : {}),
  };
  const links = [
    { rel: 'first', href: '{first}' },
    { rel: 'next', href: '{next}' },
    { rel: 'describedby', href: '{schema}' },
  ];
  return { name, properties, links: isPaged ? links : links.slice(2) };
}

/** `anyOf: [x, null]` as clients know it: `type: ['null', 'string']`. */
function plain(schema: Json): Json {
  const copy = JSON.parse(JSON.stringify(schema)) as Json;
  if (!Array.isArray(copy.anyOf)) return copy.enum === undefined ? copy : { type: 'string', ...copy };
  const [first] = copy.anyOf as Json[];
  return { ...first, type: ['null', first?.type] };
}

function mapValues<K extends string, V>(
  source: Record<K, V>,
  map: (value: Json, name: string) => Json,
): Record<K, Json> {
  return Object.fromEntries(Object.entries(source).map(([name, value]) => [name, map(value as Json, name)])) as Record<
    K,
    Json
  >;
}
