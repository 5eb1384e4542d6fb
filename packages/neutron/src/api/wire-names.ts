/** `{network_id}` as `{networkId}`, deep; `irregular` names what does not follow the rule, `opaque` what is left alone. */
export function fromWire<T>(
  value: unknown,
  irregular: Readonly<Record<string, string>> = {},
  opaque: ReadonlySet<string> = new Set(),
): T {
  if (Array.isArray(value)) return value.map((item) => fromWire(item, irregular, opaque)) as T;
  if (typeof value !== 'object' || value === null) return value as T;
  const renamed = Object.entries(value).map(([name, inner]) => [
    irregular[name] ?? name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()),
    opaque.has(name) ? inner : fromWire(inner, irregular, opaque),
  ]);
  return Object.fromEntries(renamed) as T;
}

/** The other way, for nested values: `{subnetId}` as `{subnet_id}`. */
export function toWire<T>(value: unknown): T {
  if (Array.isArray(value)) return value.map((item) => toWire(item)) as T;
  if (typeof value !== 'object' || value === null) return value as T;
  const renamed = Object.entries(value).map(([name, inner]) => [
    name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    toWire(inner),
  ]);
  return Object.fromEntries(renamed) as T;
}
