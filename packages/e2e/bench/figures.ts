/** What a figure must reach, and what OpenStack Zed reached on the same machine (`peer`). */
export interface Figure {
  section: string;
  name: string;
  unit: 'ms' | 's' | 'MiB' | 'req/s' | 'CPU ms/s' | 'times';
  better: 'lower' | 'higher';
  samples: number[];
  target?: number;
  peer?: number;
  note?: string;
}

export interface Result extends Omit<Figure, 'samples'> {
  median: number;
  min: number;
  max: number;
  count: number;
  /** Absent without a target. */
  reached?: boolean;
  /** How many times better than the peer. */
  ratio?: number;
}

/** One part of the benchmark. `say` tells a person what is going on. */
export interface Section {
  name: string;
  run(say: (line: string) => void): Promise<Figure[]>;
}

export function resultOf({ samples, ...figure }: Figure): Result {
  if (samples.length === 0) throw new Error(`${figure.section}: no sample of ${figure.name}`);
  const value = median(samples);
  const { better, target, peer } = figure;
  return {
    ...figure,
    median: value,
    min: Math.min(...samples),
    max: Math.max(...samples),
    count: samples.length,
    ...(target === undefined ? {} : { reached: better === 'lower' ? value < target : value >= target }),
    ...(peer === undefined ? {} : { ratio: better === 'lower' ? peer / value : value / peer }),
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
