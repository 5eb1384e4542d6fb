/** Turns records into rows and back: names, JSON and truth values. */
export interface Codec<Rec> {
  toRow(record: Partial<Rec>): Record<string, unknown>;
  fromRow(row: object): Rec;
}

const columns = new Map<string, string>();
const properties = new Map<string, string>();

/** `networkId` as `network_id`. */
export function columnOf(property: string): string {
  let column = columns.get(property);
  if (column === undefined) {
    column = property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    columns.set(property, column);
  }
  return column;
}

function propertyOf(column: string): string {
  let property = properties.get(column);
  if (property === undefined) {
    property = column.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    properties.set(column, property);
  }
  return property;
}

/** A codec for records with these properties kept as JSON, and these as 0 and 1. */
export function codec<Rec extends object>(kinds: {
  json?: readonly (keyof Rec & string)[];
  bool?: readonly (keyof Rec & string)[];
}): Codec<Rec> {
  const json = new Set<string>(kinds.json);
  const bool = new Set<string>(kinds.bool);
  return {
    toRow(record) {
      const row: Record<string, unknown> = {};
      for (const [property, value] of Object.entries(record)) {
        if (value === undefined) continue;
        if (json.has(property)) row[columnOf(property)] = JSON.stringify(value);
        else row[columnOf(property)] = bool.has(property) ? Number(value) : value;
      }
      return row;
    },
    fromRow(row) {
      const record: Record<string, unknown> = {};
      for (const [column, value] of Object.entries(row)) {
        const property = propertyOf(column);
        if (json.has(property)) record[property] = JSON.parse(value as string);
        else record[property] = bool.has(property) ? value === 1 || value === true : value;
      }
      return record as Rec;
    },
  };
}
