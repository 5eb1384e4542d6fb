import { type Operation, operationsOf } from '@kumo/core/http';
import { ask } from '../authorization/table.ts';
import type { Ids, World } from '../authorization/world.ts';
import { isRead } from '../authorization/world.ts';
import { differences } from './compare.ts';
import { isAbove, keyOf, type PublishedReply, publishedReplies, repliesAt } from './published.ts';

/** What came of one operation at one microversion. */
export interface ShapeLine {
  readonly operation: Operation;
  /** Undefined for a service without microversions. */
  readonly version: string | undefined;
  /** Differences from the published reply that it is most like; none: they are the same. */
  readonly wrong: readonly string[];
}

/** A body for an older microversion, where the newest one's is not taken there; undefined: the newest one's. */
export type OlderBody = (operation: Operation, version: string, ids: Ids) => unknown;

/**
 * Drives every operation that has a published reply, as an administrator, at every microversion from which on its shape is
 * another, and compares what it answers.
 */
export async function runShapes(world: World, olderBody: OlderBody = () => undefined): Promise<ShapeLine[]> {
  const published = publishedReplies(world.service);
  const lines: ShapeLine[] = [];
  let ids = await world.make();
  for (const operation of operationsOf(world.app)) {
    const replies = published.get(keyOf(operation));
    if (!replies || operation.name in world.leftOut || operation.stream) continue;
    for (const version of versionsOf(operation, replies, world)) {
      const { status, text } = await ask(worldAt(world, version, olderBody), operation, ids, 'admin');
      const wrong =
        status >= 200 && status <= 300
          ? mostAlike(repliesAt(replies, version), text)
          : [`answered ${status} ${text.slice(0, 200)}`];
      lines.push({ operation, version, wrong });
      if (!isRead(operation) && status < 300 && !world.keeps?.(operation)) ids = await world.make();
    }
  }
  return lines;
}

/** The microversions at which the operation is asked: where a sample of it begins, and where it begins itself. */
function versionsOf({ versions }: Operation, replies: readonly PublishedReply[], world: World): (string | undefined)[] {
  const [, newest] = microversionOf(world);
  if (newest === undefined) return [undefined];
  const { min = newest.replace(/\..*/, world.service === 'compute' ? '.1' : '.0'), max = newest } = versions ?? {};
  const begun = replies.flatMap(({ version }) => (version === null ? [] : [version]));
  const within = begun.filter((one) => !isAbove(min, one) && !isAbove(one, max));
  return [...new Set([min, ...within])].sort((a, b) => (isAbove(a, b) ? 1 : -1));
}

function microversionOf({ headers }: World): [string, string | undefined] {
  const [type = '', newest] = headers?.['openstack-api-version']?.split(' ') ?? [];
  return [type, newest];
}

function worldAt(world: World, version: string | undefined, olderBody: OlderBody): World {
  if (version === undefined) return world;
  const header = { 'openstack-api-version': `${microversionOf(world)[0]} ${version}` };
  return {
    ...world,
    ask(operation, ids) {
      const wanted = world.ask(operation, ids);
      const body = olderBody(operation, version, ids) ?? wanted?.body;
      return { ...wanted, ...(body === undefined ? {} : { body }), headers: { ...wanted?.headers, ...header } };
    },
  };
}

/** The differences from the sample that has the fewest; one with the same outermost keys comes before the others. */
function mostAlike(replies: readonly PublishedReply[], text: string): string[] {
  const value: unknown = text === '' ? undefined : JSON.parse(text);
  const sameRoot = replies.filter(({ shape }) => rootOf(shape) === rootOf(value));
  const found = (sameRoot.length > 0 ? sameRoot : replies).map(({ shape }) => differences(shape, value));
  return found.toSorted((a, b) => a.length - b.length)[0] ?? ['no reply is published that holds at this microversion'];
}

/** Links are only there when another page follows. */
function rootOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.keys(value)
    .filter((name) => !name.endsWith('_links'))
    .sort()
    .join();
}
