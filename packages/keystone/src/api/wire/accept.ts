/**
 * Whether an Accept header prefers one media type to another: it gives it a higher weight. What names a type exactly counts
 * before what covers it.
 */
export function prefers(accept: string | undefined, wanted: string, other: string): boolean {
  if (accept === undefined) return false;
  const ranges = accept.split(',').map((part) => {
    const [type = '', ...parameters] = part.split(';').map((one) => one.trim().toLowerCase());
    const weight = Number(parameters.find((one) => one.startsWith('q='))?.slice(2) ?? 1);
    return { type, weight: Number.isNaN(weight) ? 0 : weight };
  });
  const weightOf = (type: string) =>
    [type, type.replace(/\/.*/, '/*'), '*/*']
      .map((range) => ranges.find((one) => one.type === range)?.weight)
      .find((weight) => weight !== undefined) ?? 0;
  return weightOf(wanted) > weightOf(other);
}
