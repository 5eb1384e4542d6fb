import { readFileSync } from 'node:fs';

/** A published default policy, as scripts/policy-facts.ts writes it. */
export interface PolicyFact {
  readonly name: string;
  readonly check: string;
  readonly scope?: readonly string[];
  /** `METHOD /path` with placeholders. */
  readonly operations?: readonly string[];
}

export type FactService = 'identity' | 'image' | 'placement' | 'compute' | 'network' | 'block-storage';

/** The default policies that OpenStack's own service of this type has, by name. */
export function policyFacts(service: FactService): ReadonlyMap<string, PolicyFact> {
  const text = readFileSync(new URL(`policy-facts/${service}.jsonl`, import.meta.url), 'utf8');
  const facts = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as PolicyFact);
  return new Map(facts.map((fact) => [fact.name, fact]));
}
