import { isUtf8 } from 'node:buffer';
import { malformedBody } from './errors.ts';
import { jsonErrorPosition } from './json-position.ts';

const MAX_DEPTH = 64;

/**
 * Parses a request's body. Besides JSON's own rules it refuses what could hurt further in: bytes that are not UTF-8, NUL
 * characters and lone surrogates (databases refuse them), `__proto__` keys, nesting deeper than 64.
 *
 * @throws malformedBody, naming the position or the reason, never quoting the body.
 */
export function parseJson(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw malformedBody({ reason: 'it is not valid UTF-8.' });
  const text = bytes.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const position = jsonErrorPosition(text);
    throw malformedBody({
      reason: `it is not valid JSON: ${position >= text.length ? 'it ends too early' : 'unexpected character'} at position ${position}.`,
    });
  }
  check(value, 0);
  return value;
}

function check(value: unknown, depth: number): void {
  if (typeof value === 'string') checkText(value);
  if (typeof value !== 'object' || value === null) return;
  if (depth >= MAX_DEPTH) throw malformedBody({ reason: `it is nested deeper than ${MAX_DEPTH} levels.` });
  if (Array.isArray(value)) {
    for (const element of value) check(element, depth + 1);
    return;
  }
  for (const key in value) {
    if (key === '__proto__') throw malformedBody({ reason: 'the key "__proto__" is not allowed.' });
    checkText(key);
    check((value as Record<string, unknown>)[key], depth + 1);
  }
}

function checkText(text: string): void {
  if (text.includes('\0')) throw malformedBody({ reason: 'NUL characters are not allowed.' });
  if (!text.isWellFormed()) throw malformedBody({ reason: 'a string holds half of a surrogate pair.' });
}
