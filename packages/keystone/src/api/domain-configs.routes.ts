import { implement, type Route } from '@kumo/core/http';
import type { KeystoneParts } from '../app/compose.ts';
import type { DomainOptions } from '../app/identity/domain-options.ts';
import {
  createDomainConfig,
  deleteDomainConfig,
  deleteDomainConfigGroup,
  deleteDomainConfigOption,
  showDefaultConfig,
  showDefaultConfigGroup,
  showDefaultConfigOption,
  showDomainConfig,
  showDomainConfigGroup,
  showDomainConfigOption,
  showSecurityCompliance,
  showSecurityComplianceOption,
  updateDomainConfig,
  updateDomainConfigGroup,
  updateDomainConfigOption,
} from './domain-configs.ts';

export function domainConfigRoutes(parts: KeystoneParts): Route[] {
  const { domainConfigs, defaultOptions, complianceOptions } = parts;
  return [
    implement(createDomainConfig, async ({ params, body, reply }) => {
      const { shown, isNew } = await domainConfigs.replace(params.domain_id, optionsOf(body));
      if (!isNew) reply.status(200);
      return { config: shown };
    }),
    implement(showDomainConfig, async ({ params }) => ({ config: await domainConfigs.show(params.domain_id) })),
    implement(showDomainConfigGroup, async ({ params: { domain_id, ...place } }) => ({
      config: await domainConfigs.show(domain_id, place),
    })),
    implement(showDomainConfigOption, async ({ params: { domain_id, ...place } }) => ({
      config: await domainConfigs.show(domain_id, place),
    })),
    implement(updateDomainConfig, async ({ params, body }) => ({
      config: await domainConfigs.update(params.domain_id, optionsOf(body)),
    })),
    implement(updateDomainConfigGroup, async ({ params: { domain_id, ...place }, body }) => ({
      config: await domainConfigs.update(domain_id, optionsOf(body), place),
    })),
    // Of one option the body is {config: {option: value}}, without its group.
    implement(updateDomainConfigOption, async ({ params: { domain_id, ...place }, body }) => ({
      config: await domainConfigs.update(domain_id, { [place.group]: optionsOf(body) } as DomainOptions, place),
    })),
    implement(deleteDomainConfig, ({ params }) => domainConfigs.delete(params.domain_id)),
    implement(deleteDomainConfigGroup, ({ params: { domain_id, ...place } }) => domainConfigs.delete(domain_id, place)),
    implement(deleteDomainConfigOption, ({ params: { domain_id, ...place } }) =>
      domainConfigs.delete(domain_id, place),
    ),
    implement(showDefaultConfig, async () => ({ config: defaultOptions.show() })),
    implement(showDefaultConfigGroup, async ({ params }) => ({ config: defaultOptions.show(params) })),
    implement(showDefaultConfigOption, async ({ params }) => ({ config: defaultOptions.show(params) })),
    implement(showSecurityCompliance, async ({ params }) => ({
      config: await complianceOptions.show(params.domain_id),
    })),
    implement(showSecurityComplianceOption, async ({ params }) => ({
      config: await complianceOptions.show(params.domain_id, params.option),
    })),
  ];
}

/** Groups of options; whether they are such is checked by the application. */
function optionsOf({ config = {} }: { config?: Record<string, unknown> }): DomainOptions {
  return config as DomainOptions;
}
