import type { Result } from './figures.ts';

const HEADER = ['SECTION', 'FIGURE', 'MEDIAN', 'RANGE', 'N', 'TARGET', '', 'ZED', 'RATIO'];

/** The results as a table for people; notes stand below it. */
export function reportText(results: readonly Result[]): string {
  const rows = [HEADER, ...results.map(rowOf)];
  const widths = HEADER.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  const notes = results.filter(({ note }) => note).map(({ name, note }) => `${name}: ${note}`);
  return [...lines, ...(notes.length > 0 ? ['', ...new Set(notes)] : [])].join('\n');
}

function rowOf(result: Result): string[] {
  const { section, name, unit, better, target, peer, ratio, reached } = result;
  return [
    section,
    name,
    `${number(result.median)} ${unit}`,
    `${number(result.min)}–${number(result.max)}`,
    String(result.count),
    target === undefined ? '' : `${better === 'lower' ? '<' : '≥'} ${number(target)}`,
    reached === undefined ? '' : reached ? 'ok' : 'MISSED',
    peer === undefined ? '' : number(peer),
    ratio === undefined ? '' : `${number(ratio)}×`,
  ];
}

function number(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
