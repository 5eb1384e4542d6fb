import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { type Context, trace } from '@opentelemetry/api';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { Ajv } from 'ajv';
import { Type as T } from 'typebox';
import { storedSpan } from './span-row.ts';

/**
 * For fault tests only: kill this process (SIGKILL) at the first span that matches. Given as JSON in `KUMO_FAULT`, or as
 * `@/path` of a file that holds the JSON, is read again whenever it was changed, and may be absent: a test then arms one fault
 * after the other without restarting the cloud. All conditions that are present must hold. `once` names a marker file: whoever creates it dies, in every process that has the
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
    parent: T.Optional(
      T.String({ description: 'Regular expression on the name of the span above it in this process.' }),
    ),
    parentFrom: T.Optional(T.String({ description: 'Who speaks in the span above it in this process.' })),
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

interface Armed {
  fault: Fault;
  name: RegExp;
  parent: RegExp | undefined;
}

function arm(json: string): Armed {
  const fault = parseFault(json);
  return {
    fault,
    name: new RegExp(fault.name ?? ''),
    parent: fault.parent === undefined ? undefined : new RegExp(fault.parent),
  };
}

/** Kills the process when a sampled span matches; see `Fault`. */
export class FaultProcessor implements SpanProcessor {
  readonly #file: string | undefined;
  /** What the file's stat was when it was read. */
  #version = '';
  #armed: Armed | undefined;
  readonly #parents = new WeakMap<ReadableSpan, ReadableSpan>();

  /** @param setting the value of `KUMO_FAULT` */
  constructor(setting: string) {
    if (setting.startsWith('@')) this.#file = setting.slice(1);
    else this.#armed = arm(setting);
  }

  onStart(span: ReadableSpan, parentContext: Context): void {
    const parent = trace.getSpan(parentContext);
    // A parent in another process is known by its ids only.
    if (parent?.isRecording()) this.#parents.set(span, parent as unknown as ReadableSpan);
    this.#strike(span, 'start');
  }

  onEnd(span: ReadableSpan): void {
    this.#strike(span, 'end');
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}

  #strike(span: ReadableSpan, at: 'start' | 'end'): void {
    const armed = this.#current();
    if (!armed || (armed.fault.when ?? 'start') !== at) return;
    if (this.#matches(span, armed) && isFirst(armed.fault.once)) process.kill(process.pid, 'SIGKILL');
  }

  #current(): Armed | undefined {
    if (this.#file === undefined) return this.#armed;
    const stat = statSync(this.#file, { throwIfNoEntry: false });
    const version = stat ? `${stat.ino} ${stat.mtimeMs} ${stat.size}` : '';
    if (version !== this.#version) {
      // Empty: it is just being written.
      this.#armed = stat && stat.size > 0 ? arm(readFileSync(this.#file, 'utf8')) : undefined;
      this.#version = version;
    }
    return this.#armed;
  }

  #matches(span: ReadableSpan, { fault, name, parent }: Armed): boolean {
    const { from, to, kind, side, parentFrom, attributes = {} } = fault;
    if (!name.test(span.name)) return false;
    const above = this.#parents.get(span);
    if (parent && !(above && parent.test(above.name))) return false;
    if (parentFrom !== undefined && (!above || storedSpan(above).from !== parentFrom)) return false;
    const actual = storedSpan(span);
    return (
      (from === undefined || actual.from === from) &&
      (to === undefined || actual.to === to) &&
      (kind === undefined || actual.kind === kind) &&
      (side === undefined || actual.side === side) &&
      Object.entries(attributes).every(([key, value]) => span.attributes[key] === value)
    );
  }
}

function isFirst(marker: string): boolean {
  try {
    closeSync(openSync(marker, 'wx', 0o600));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
