import type { StoredSpan } from '@kumo/core/telemetry';
import { STEPS, type StepDefinition, type StepKind } from './steps.ts';

/** One of the 28 steps as a server really took it. */
export interface Step {
  step: number;
  from: string;
  to: string;
  kind: StepKind;
  /** Milliseconds from the client's `POST /servers`; negative for the token issued before it. Null when skipped. */
  startMs: number | null;
  ms: number | null;
  cached: boolean;
  /** False, or why the server did without the step. */
  skipped: false | string;
  what: string;
}

/**
 * Reads the 28 steps off the spans of a server's traces. A step whose span is not there is `skipped`, with the reason
 * that the table gives, or `not seen (yet)`.
 *
 * @param spans as `TraceStore.spansOfServer` gives them.
 * @returns undefined when the spans do not hold the server's creation (they are older than the store keeps).
 */
export function deriveSteps(spans: readonly StoredSpan[], serverId: string): Step[] | undefined {
  const creations = spans.filter((span) => span.name === 'createServer' && span.side === 'server');
  // Servers that one request made share its span, which bears the id of one of them.
  const creation = creations.find((span) => span.serverId === serverId) ?? creations[0];
  if (!creation) return undefined;
  const ofServer = withoutOtherServers(spans, serverId);
  const tree = new Map(ofServer.map((span) => [span.spanId, span]));
  const candidates = ofServer.filter(
    (span) => span.traceId === creation.traceId || (creation.auditId !== null && span.auditId === creation.auditId),
  );
  const chosen = new Map<number, StoredSpan>();
  for (const definition of STEPS) {
    const found = pick(definition, candidates, chosen, tree);
    if (found) chosen.set(definition.step, found);
  }
  const last = Math.max(...chosen.keys());
  return STEPS.map((definition) => stepOf(definition, chosen.get(definition.step), { zeroUs: creation.startUs, last }));
}

/** Spans of servers that were created by the same request, and everything below them, belong to those. */
function withoutOtherServers(spans: readonly StoredSpan[], serverId: string): StoredSpan[] {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const verdicts = new Map<string, boolean>();
  const isOurs = (span: StoredSpan): boolean => {
    const known = verdicts.get(span.spanId);
    if (known !== undefined) return known;
    const parent = span.parentId ? byId.get(span.parentId) : undefined;
    const verdict =
      span.serverId !== null
        ? span.serverId === serverId || span.name === 'createServer'
        : parent
          ? isOurs(parent)
          : true;
    verdicts.set(span.spanId, verdict);
    return verdict;
  };
  return spans.filter(isOurs);
}

/** When a step was run again after a crash, the earliest attempt that ended well counts, else the earliest. */
function pick(
  definition: StepDefinition,
  spans: readonly StoredSpan[],
  chosen: ReadonlyMap<number, StoredSpan>,
  tree: ReadonlyMap<string, StoredSpan>,
) {
  const above = definition.below === undefined ? undefined : chosen.get(definition.below);
  if (definition.below !== undefined && !above) return undefined;
  const fitting = spans.filter((span) => definition.match(span) && (!above || isBelow(span, above, tree)));
  return fitting.find(({ status }) => status === 'ok') ?? fitting[0];
}

function isBelow(span: StoredSpan, above: StoredSpan, tree: ReadonlyMap<string, StoredSpan>): boolean {
  for (let id = span.parentId; id; id = tree.get(id)?.parentId ?? null) if (id === above.spanId) return true;
  return false;
}

/** Where two steps share a span (a request and its answer), the first one has the time and the second one is an instant. */
function stepOf(
  definition: StepDefinition,
  span: StoredSpan | undefined,
  { zeroUs, last }: { zeroUs: number; last: number },
): Step {
  const { step, from, to, kind, what, part = 'whole' } = definition;
  if (!span) {
    return {
      step,
      from,
      to,
      kind,
      startMs: null,
      ms: null,
      cached: false,
      skipped: (step < last && definition.skippedWhen) || 'not seen (yet)',
      what,
    };
  }
  const isAnswer = part === 'end';
  return {
    step,
    from,
    to,
    kind,
    startMs: milliseconds((isAnswer ? span.startUs + span.durationUs : span.startUs) - zeroUs),
    ms: isAnswer ? 0 : milliseconds(span.durationUs),
    cached: span.attributes['kumo.cached'] === true,
    skipped: false,
    what,
  };
}

function milliseconds(us: number): number {
  return Math.round(us / 10) / 100;
}
