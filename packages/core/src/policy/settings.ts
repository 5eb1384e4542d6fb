import { Type as T } from 'typebox';
import type { Logger } from '../log/index.ts';
import type { PolicySetOptions } from './policy-set.ts';

/** What every service with an API lets the operator set about its policies; spread into its part of the configuration. */
export const policySettings = {
  policyFile: T.Optional(
    T.String({
      minLength: 1,
      description: 'YAML or JSON file whose rules replace the defaults; read again when it changes.',
    }),
  ),
  policyDir: T.Optional(
    T.String({
      minLength: 1,
      description: 'Directory of further such files, read in the order of their names; they win over `policyFile`.',
    }),
  ),
  enforceScope: T.Optional(
    T.Boolean({
      default: true,
      description: 'Refuse tokens whose scope (project, domain, system) a rule is not meant for.',
    }),
  ),
};

export interface PolicySettings {
  policyFile?: string;
  policyDir?: string;
  enforceScope?: boolean;
}

/** The options of a PolicySet from a service's settings. */
export function policyOptions(settings: PolicySettings, log?: Logger): PolicySetOptions {
  const { policyFile, policyDir, enforceScope } = settings;
  return { file: policyFile, dir: policyDir, enforceScope, log };
}
