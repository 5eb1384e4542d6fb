/**
 * Parameters as all three drivers understand them alike. Booleans become 0/1 (that is what their columns hold).
 * Objects are refused: mysql2 would splice their keys into the statement, pg would store them as JSON.
 */
export function bindable(parameters: readonly unknown[]): (string | number | bigint | null | Uint8Array)[] {
  return parameters.map((value) => {
    switch (typeof value) {
      case 'string':
      case 'bigint':
        return value;
      case 'number':
        if (Number.isFinite(value)) return value;
        break;
      case 'boolean':
        return value ? 1 : 0;
      case 'object':
        if (value === null || value instanceof Uint8Array) return value;
        break;
    }
    throw new TypeError(`A ${describe(value)} cannot be a value in SQL: pass text, a number, a boolean, bytes or null`);
  });
}

function describe(value: unknown): string {
  return typeof value === 'object'
    ? (value?.constructor?.name ?? 'object')
    : typeof value === 'number'
      ? String(value)
      : typeof value;
}
