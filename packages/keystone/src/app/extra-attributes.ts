type Values = Readonly<Record<string, unknown>>;

/** The attributes that are no attributes of the resource (`ours`), to be kept beside it as Keystone does. */
export function extraOf(wanted: Values, ours: ReadonlySet<string>): Values {
  const entries = Object.entries(wanted).map(([name, value]) => [name.replaceAll(/[:-]/g, '_'), value] as const);
  return Object.fromEntries(entries.filter(([name]) => !ours.has(name)));
}

/** A copy of the object without the properties that are undefined. */
export function given<T extends object>(values: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}
