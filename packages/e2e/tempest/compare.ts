import type { Area } from './area.ts';

export type Status = 'pass' | 'fail' | 'skip' | 'cut';

/** One test's end, as `read-results.py` prints it. */
export interface Result {
  readonly id: string;
  readonly status: Status;
  readonly seconds: number | null;
  readonly reason?: string;
  readonly error?: string;
}

export interface Listed {
  readonly id: string;
  readonly status: Status | 'not run';
  /** Of real OpenStack; undefined where it was not run there. */
  readonly floor?: Status;
  readonly reason?: string;
  readonly error?: string;
}

/** A run against what real OpenStack passes. */
export interface Comparison {
  readonly counts: Readonly<Record<Status, number>>;
  /** Tests that pass on the real one. */
  readonly floorPasses: number;
  /** How many of them pass here. */
  readonly floorPassesHere: number;
  /** They pass on the real one and not here; each needs a reason. */
  readonly lost: readonly Listed[];
  /** They pass here and not on the real one, where they were run. */
  readonly gained: readonly Listed[];
  /** All that does not pass here and is not lost, each with its reason. */
  readonly rest: readonly Listed[];
  /** What does not pass and has no reason: neither did Tempest give one for skipping it, nor does its area. */
  readonly unexplained: readonly Listed[];
}

/** The lines `status id` of a floor file. */
export function readFloor(text: string): Map<string, Status> {
  return new Map(
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const [status, id] = line.split(' ');
        return [id as string, status as Status];
      }),
  );
}

/** @param selected whether a test of the floor belonged to this run. */
export function compare(
  results: readonly Result[],
  floor: ReadonlyMap<string, Status>,
  reasons: Area['reasons'],
  selected: (id: string) => boolean,
): Comparison {
  const counts = { pass: 0, fail: 0, skip: 0, cut: 0 };
  const reasonFor = (id: string, said?: string) =>
    reasons.find(({ match }) => match.test(id) || match.test(said ?? ''))?.reason ?? said;
  for (const { status } of results) counts[status] += 1;
  const here = new Map(results.map((one) => [one.id, one]));
  const wanted = [...floor].filter(([id, status]) => status === 'pass' && selected(id)).map(([id]) => id);
  const lost = wanted
    .filter((id) => here.get(id)?.status !== 'pass')
    .map((id): Listed => {
      const { status = 'not run', reason, error } = here.get(id) ?? {};
      return { id, status, floor: 'pass', reason: reasonFor(id, reason), error };
    });
  const gained = results
    .filter(({ id, status }) => status === 'pass' && floor.has(id) && floor.get(id) !== 'pass')
    .map(({ id }): Listed => ({ id, status: 'pass', floor: floor.get(id) }));
  const rest = results
    .filter(({ id, status }) => status !== 'pass' && floor.get(id) !== 'pass')
    .map(({ id, status, reason, error }): Listed => {
      return { id, status, floor: floor.get(id), reason: reasonFor(id, reason), error };
    });
  const unexplained = [...lost, ...rest].filter(({ reason }) => reason === undefined);
  return {
    counts,
    floorPasses: wanted.length,
    floorPassesHere: wanted.length - lost.length,
    lost,
    gained,
    rest,
    unexplained,
  };
}
