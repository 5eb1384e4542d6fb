import { randomUUID } from 'node:crypto';

const REQUEST_ID = /^req-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A fresh `req-<uuid>`. */
export function newRequestId(): string {
  return `req-${randomUUID()}`;
}

/** The id under which a caller traces work through several services; anything of another form is ignored. */
export function globalRequestId(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && REQUEST_ID.test(header) ? header : undefined;
}
