/**
 * A template's text in one piece: flatText`${baseUrl}/v3/users/${id}`. JavaScript engines keep a text that was put together
 * as a tree of its parts, and V8 writes JSON half as fast when one is in it. For what long lists have in every item.
 */
export function flatText(texts: TemplateStringsArray, ...values: readonly string[]): string {
  const parts: string[] = [texts[0]!];
  for (let at = 0; at < values.length; at++) parts.push(values[at]!, texts[at + 1]!);
  return parts.join('');
}
