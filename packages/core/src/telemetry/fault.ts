import { closeSync, openSync } from 'node:fs';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { Ajv } from 'ajv';
import { Type as T } from 'typebox';
import { storedSpan } from './span-row.ts';

/**
 * For fault tests only: kill this process (SIGKILL) at the first span that matches. Given as JSON in `KUMO_FAULT`. All
 * conditions that are present must hold. `once` names a marker file: whoever creates it dies, in every process that has the
 * same setting together; a process that finds it there does nothing, so a restarted daemon lives.
 */
const Fault = T.Object(
  {
    name: T.Optional(T.String({ description: 'Regular expression on the span name.' })),
    from: T.Optional(T.String()),
    to: T.Optional(T.String()),
    kind: T.Optional(T.Enum(['http', 'amqp', 'sql', 'native', 'internal'])),
    side: T.Optional(T.Enum(['client', 'server', 'internal'])),
    when: T.Optional(T.Enum(['start', 'end'], { description: 'Default start.' })),
    attributes: T.Optional(T.Record(T.String(), T.Union([T.String(), T.Number(), T.Boolean()]))),
    once: T.String({ minLength: 1, description: 'Path of the marker file.' }),
  },
  { additionalProperties: false },
);
export type Fault = T.Static<typeof Fault>;

/** Reads `KUMO_FAULT`. Throws an Error that says what is wrong with it. */
export function parseFault(json: string): Fault {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new Error(`KUMO_FAULT is no JSON: ${(cause as Error).message}`, { cause });
  }
  const ajv = new Ajv();
  if (!ajv.validate(Fault, value))
    throw new Error(`KUMO_FAULT is wrong: ${ajv.errorsText(ajv.errors, { dataVar: 'it' })}.`);
  return value as Fault;
}

/** Kills the process when a sampled span matches; see `Fault`. */
export class FaultProcessor implements SpanProcessor {
  readonly #fault: Fault;
  readonly #name: RegExp;

  constructor(fault: Fault) {
    this.#fault = fault;
    this.#name = new RegExp(fault.name ?? '');
  }

  onStart(span: ReadableSpan): void {
    if (this.#fault.when !== 'end') this.#strike(span);
  }

  onEnd(span: ReadableSpan): void {
    if (this.#fault.when === 'end') this.#strike(span);
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}

  #strike(span: ReadableSpan): void {
    if (this.#matches(span) && this.#isFirst()) process.kill(process.pid, 'SIGKILL');
  }

  #matches(span: ReadableSpan): boolean {
    const { from, to, kind, side, attributes = {} } = this.#fault;
    if (!this.#name.test(span.name)) return false;
    const actual = storedSpan(span);
    return (
      (from === undefined || actual.from === from) &&
      (to === undefined || actual.to === to) &&
      (kind === undefined || actual.kind === kind) &&
      (side === undefined || actual.side === side) &&
      Object.entries(attributes).every(([key, value]) => span.attributes[key] === value)
    );
  }

  #isFirst(): boolean {
    try {
      closeSync(openSync(this.#fault.once, 'wx', 0o600));
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
  }
}
