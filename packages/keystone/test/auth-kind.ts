/**
 * What kind of login a request was, in words that `kumo api coverage` tells apart: methods, scope, receipt. Undefined for every
 * other request.
 */
export function authKind(call: {
  method: string;
  url: string;
  body?: unknown;
  receiptSent: boolean;
  receiptGiven: boolean;
}): string | undefined {
  if (call.method !== 'POST' || !/^\/v3\/auth\/tokens\/?(\?|$)/.test(call.url)) return undefined;
  const auth = fieldOf(call.body, 'auth');
  const methods = fieldOf(fieldOf(auth, 'identity'), 'methods');
  const receipt = call.receiptGiven ? ['receipt=given'] : call.receiptSent ? ['receipt=sent'] : [];
  const names = Array.isArray(methods) ? methods.toSorted().join(',') : '';
  return [`methods=${names}`, `scope=${scopeKind(fieldOf(auth, 'scope'))}`, ...receipt].join(' ');
}

function scopeKind(scope: unknown): string {
  if (scope === undefined) return 'none';
  if (typeof scope === 'string') return scope;
  const [key] = Object.keys((scope ?? {}) as object);
  return key === 'OS-TRUST:trust' ? 'trust' : (key ?? 'none');
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
