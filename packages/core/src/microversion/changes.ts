import type { Static, TSchema } from 'typebox';
import { compareVersion, parseVersion, type VersionLike } from './version.ts';

/** What an edit needs of an operation: its identity, and its schemas for their types. */
export interface EditedOperation<Body extends TSchema = TSchema, Reply extends TSchema = TSchema> {
  readonly name: string;
  readonly body?: Body;
  readonly reply?: Reply;
}

type Convert = (body: unknown) => unknown;

/** One operation's difference in one change. */
export interface Edit {
  readonly operation: EditedOperation;
  readonly request?: Convert;
  readonly reply?: Convert;
}

/** What is different from `version` on, where marks on fields cannot say it. */
export interface Change {
  readonly version: string;
  readonly why: string;
  readonly edits: readonly Edit[];
}

/**
 * One step of an API's history, e.g.
 * `change('2.47', 'A server embeds its flavor.', before(showServer, { reply: ({ server }) => ({ server: { …server, flavor: { id } } }) }))`.
 */
export function change(version: string, why: string, ...edits: readonly Edit[]): Change {
  parseVersion(version);
  return { version, why, edits };
}

/**
 * How an operation was one step before the change.
 * @param convert.request turns the body of the version before into this change's; it is typed as the newest body.
 * @param convert.reply turns this change's reply into that of the version before. Neither may alter its argument.
 */
export function before<Body extends TSchema, Reply extends TSchema>(
  operation: EditedOperation<Body, Reply>,
  convert: { request?: (body: Static<Body>) => unknown; reply?: (body: Static<Reply>) => unknown },
): Edit {
  return { operation, request: convert.request as Convert | undefined, reply: convert.reply as Convert | undefined };
}

interface Step {
  readonly version: string;
  readonly request?: Convert;
  readonly reply?: Convert;
}

const NO_STEPS: readonly Step[] = [];
const stepsByChanges = new WeakMap<readonly Change[], Map<string, readonly Step[]>>();

/** Brings a body (already valid at `version`) to the newest shape, one change at a time, oldest first. */
export function applyRequestChanges(
  operation: EditedOperation,
  version: VersionLike,
  changes: readonly Change[],
  body: unknown,
): unknown {
  let result = body;
  for (const step of stepsOf(operation, changes)) {
    if (step.request && compareVersion(step.version, version) > 0) result = step.request(result);
  }
  return result;
}

/** Brings a reply of the newest shape back to `version`, one change at a time, newest first. `pruneAt` comes after it. */
export function applyReplyChanges(
  operation: EditedOperation,
  version: VersionLike,
  changes: readonly Change[],
  body: unknown,
): unknown {
  let result = body;
  for (const step of stepsOf(operation, changes).toReversed()) {
    if (step.reply && compareVersion(step.version, version) > 0) result = step.reply(result);
  }
  return result;
}

/** The operation's edits, oldest change first; within one change in the order written. */
function stepsOf(operation: EditedOperation, changes: readonly Change[]): readonly Step[] {
  const byName = stepsByChanges.get(changes) ?? indexSteps(changes);
  stepsByChanges.set(changes, byName);
  return byName.get(operation.name) ?? NO_STEPS;
}

function indexSteps(changes: readonly Change[]): Map<string, readonly Step[]> {
  const byName = new Map<string, Step[]>();
  for (const { version, edits } of changes.toSorted((a, b) => compareVersion(a.version, b.version))) {
    for (const { operation, request, reply } of edits) {
      const steps = byName.get(operation.name) ?? [];
      steps.push({ version, request, reply });
      byName.set(operation.name, steps);
    }
  }
  return byName;
}
