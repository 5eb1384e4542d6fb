import { type Attributes, type Context, type Link, type SpanKind, TraceFlags, trace } from '@opentelemetry/api';
import { type Sampler, SamplingDecision, type SamplingResult } from '@opentelemetry/sdk-trace-base';
import { rootIsSampled } from '../trace/index.ts';

const SAMPLED: SamplingResult = { decision: SamplingDecision.RECORD_AND_SAMPLED };
const NOT_SAMPLED: SamplingResult = { decision: SamplingDecision.NOT_RECORD };

/** Decides at the head of a trace (`rootIsSampled`); everything below, also in other processes, follows its parent. */
export const headSampler: Sampler = {
  shouldSample(
    context: Context,
    _traceId: string,
    _name: string,
    _kind: SpanKind,
    attributes: Attributes,
    _links: Link[],
  ) {
    const parent = trace.getSpanContext(context);
    const sampled =
      parent && trace.isSpanContextValid(parent)
        ? (parent.traceFlags & TraceFlags.SAMPLED) !== 0
        : rootIsSampled(attributes);
    return sampled ? SAMPLED : NOT_SAMPLED;
  },
  toString: () => 'KumoHeadSampler',
};
