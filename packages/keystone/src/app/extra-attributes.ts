type Values = Readonly<Record<string, unknown>>;

/** What a client gave besides what is ours, with the names as Keystone keeps them. */
export function extraOf(wanted: Values, ours: ReadonlySet<string>): Values {
  const entries = Object.entries(wanted).map(([name, value]) => [name.replaceAll(/[:-]/g, '_'), value] as const);
  return Object.fromEntries(entries.filter(([name]) => !ours.has(name)));
}

/** Without what is undefined. */
export function given<T extends object>(values: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}
