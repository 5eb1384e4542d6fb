import type { ServerDescription } from '../rpc/shapes.ts';
import { EC2_VERSIONS, type Ec2Tree, ec2MetaData } from './ec2-data.ts';
import { metaData, OPENSTACK_VERSIONS } from './meta-data.ts';
import { networkData } from './network-data.ts';
import type { SubnetFacts } from './subnet-facts.ts';

export interface MetadataDocument {
  readonly body: string | Buffer;
  readonly contentType: 'application/json' | 'text/plain; charset=UTF-8' | 'application/octet-stream';
}

export interface MetadataSource {
  readonly server: ServerDescription;
  readonly seedSecret: string;
  /** Asked only for `network_data.json`. */
  subnets(): Promise<readonly SubnetFacts[]>;
}

/** What a guest gets for a path, in the formats of OpenStack and EC2; undefined where there is nothing. */
export async function metadataDocument(source: MetadataSource, path: string): Promise<MetadataDocument | undefined> {
  const [first, ...rest] = path.split('/').filter((part) => part !== '');
  if (first === undefined) return text([...EC2_VERSIONS, 'latest'].join('\n'));
  if (first === 'openstack') return openstack(source, rest);
  if (first !== 'latest' && !EC2_VERSIONS.some((version) => version === first)) return undefined;
  return ec2(source.server, rest);
}

async function openstack(source: MetadataSource, [version, file, ...more]: string[]) {
  if (version === undefined) return text([...OPENSTACK_VERSIONS, 'latest'].join('\n'));
  if (more.length > 0 || (version !== 'latest' && !OPENSTACK_VERSIONS.some((known) => known === version)))
    return undefined;
  const files = filesOf(source, version);
  return file === undefined ? text(Object.keys(files).join('\n')) : files[file]?.();
}

type Files = Record<string, () => MetadataDocument | Promise<MetadataDocument>>;

function filesOf({ server, seedSecret, subnets }: MetadataSource, version: string): Files {
  const since = (from: string) => version === 'latest' || version >= from;
  const files: Files = { 'meta_data.json': () => json(metaData(server, seedSecret, version)) };
  if (server.userData !== null) files.user_data = () => userData(server);
  if (since('2013-04-04')) files.password = () => text('');
  if (since('2013-10-17')) files['vendor_data.json'] = () => json({});
  if (since('2015-10-15'))
    files['network_data.json'] = async () => json(networkData(server.networkInfo, await subnets()));
  if (since('2016-10-06')) files['vendor_data2.json'] = () => json({});
  return files;
}

function ec2(server: ServerDescription, [kind, ...path]: string[]): MetadataDocument | undefined {
  if (kind === undefined) return text(server.userData === null ? 'meta-data/' : 'meta-data/\nuser-data');
  if (kind === 'user-data' && path.length === 0) return server.userData === null ? undefined : userData(server);
  if (kind !== 'meta-data') return undefined;
  let found: string | Ec2Tree | undefined = ec2MetaData(server);
  for (const part of path) found = typeof found === 'object' ? child(found, part) : undefined;
  if (found === undefined) return undefined;
  return text(typeof found === 'string' ? found : listing(found));
}

/** Keys are listed as `0=name` and asked for as `0`. */
function child(tree: Ec2Tree, part: string): string | Ec2Tree | undefined {
  const name = Object.keys(tree).find((key) => key === part || key.startsWith(`${part}=`));
  return name === undefined ? undefined : tree[name];
}

function listing(tree: Ec2Tree): string {
  const isDirectory = (name: string) => typeof tree[name] === 'object' && !name.includes('=');
  return Object.keys(tree)
    .map((name) => (isDirectory(name) ? `${name}/` : name))
    .join('\n');
}

function text(body: string): MetadataDocument {
  return { body, contentType: 'text/plain; charset=UTF-8' };
}

function json(value: object): MetadataDocument {
  return { body: JSON.stringify(value), contentType: 'application/json' };
}

function userData({ userData: encoded }: ServerDescription): MetadataDocument {
  return { body: Buffer.from(encoded ?? '', 'base64'), contentType: 'application/octet-stream' };
}
