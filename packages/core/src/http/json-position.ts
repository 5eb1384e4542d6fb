const SPACE = /[ \t\n\r]*/y;
const SCALAR = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const FIRST_PRINTABLE = 0x20;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** Where a text stops being JSON: an offset in characters. `JSON.parse` names it only for some errors, and quotes the text. */
export function jsonErrorPosition(text: string): number {
  const closers: string[] = [];
  let at = 0;
  let expect: 'value' | 'first' | 'key' | 'firstKey' | 'after' = 'value';
  const match = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    if (!pattern.test(text)) return false;
    at = pattern.lastIndex;
    return true;
  };
  const matchString = (): boolean => {
    const end = endOfString(text, at);
    if (end > 0) at = end;
    return end > 0;
  };
  for (;;) {
    match(SPACE);
    const char = text[at];
    if (expect === 'after') {
      const closer = closers.at(-1);
      if (closer === undefined || (char !== ',' && char !== closer)) return at;
      at++;
      if (char === closer) closers.pop();
      else expect = closer === '}' ? 'key' : 'value';
    } else if ((expect === 'first' || expect === 'firstKey') && char === closers.at(-1)) {
      at++;
      closers.pop();
      expect = 'after';
    } else if (expect === 'key' || expect === 'firstKey') {
      if (!matchString()) return at;
      match(SPACE);
      if (text[at] !== ':') return at;
      at++;
      expect = 'value';
    } else if (char === '{' || char === '[') {
      at++;
      closers.push(char === '{' ? '}' : ']');
      expect = char === '{' ? 'firstKey' : 'first';
    } else if (matchString() || match(SCALAR)) {
      expect = 'after';
    } else return at;
  }
}

/** The offset behind a string's closing quote; 0 when there is no whole string here. */
function endOfString(text: string, start: number): number {
  if (text[start] !== '"') return 0;
  for (let at = start + 1; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === QUOTE) return at + 1;
    if (char < FIRST_PRINTABLE) return 0;
    if (char !== BACKSLASH) continue;
    ESCAPE.lastIndex = at;
    if (!ESCAPE.test(text)) return 0;
    at = ESCAPE.lastIndex - 1;
  }
  return 0;
}
