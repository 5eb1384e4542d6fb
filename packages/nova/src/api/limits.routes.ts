import type { Context } from '@kumo/core/context';
import { badRequest } from '@kumo/core/errors';
import { implement, type Route } from '@kumo/core/http';
import { parseBoolean } from '@kumo/core/schema';
import type { ExternalEvents } from '../app/external-events.ts';
import type { Limits, QuotaSets } from '../app/quota-sets.ts';
import * as ops from './limits.ts';
import { extraRules } from './policies.ts';
import { atLeast } from './wire/versions.ts';

/** What nova-network counted up to 2.35; Neutron has it now. */
const PROXIED: Limits = { fixed_ips: -1, floating_ips: -1, security_groups: -1, security_group_rules: -1 };
const INJECTED = ['injected_files', 'injected_file_content_bytes', 'injected_file_path_bytes'];

/** The limits that a microversion knows. */
function known(ctx: Context, limits: Limits): Limits {
  const all = atLeast(ctx, 36) ? limits : { ...limits, ...PROXIED };
  return atLeast(ctx, 57) ? Object.fromEntries(Object.entries(all).filter(([name]) => !INJECTED.includes(name))) : all;
}

/** Quota classes came to know server groups, and ceased to know nova-network, with 2.50 only. */
function knownOfClass(ctx: Context, limits: Limits): Limits {
  if (atLeast(ctx, 50)) return known(ctx, limits);
  const { server_groups, server_group_members, ...others } = limits;
  return { ...others, ...PROXIED };
}

function numbers(set: Record<string, unknown>): Limits {
  const entries = Object.entries(set).filter(([name]) => name !== 'force' && name !== 'tenant_id');
  return Object.fromEntries(entries.map(([name, value]) => [name, Number(value)]));
}

export function limitRoutes({ quotaSets, events }: { quotaSets: QuotaSets; events: ExternalEvents }): Route[] {
  return [
    implement(ops.showLimits, async ({ ctx, query, authorize }) => {
      const projectId = query.tenant_id ?? ctx.projectId ?? '';
      if (projectId !== ctx.projectId)
        authorize({ project_id: projectId, user_id: ctx.userId }, { rule: extraRules.otherProjectsLimits.name });
      const [limits, usage] = [await quotaSets.limits(projectId), await quotaSets.usage(projectId)];
      return { limits: { rate: [], absolute: absoluteOf(ctx, limits, usage) } };
    }),
    implement(ops.showQuota, async ({ ctx, params: { project_id: id } }) => ({
      quota_set: { id, ...known(ctx, await quotaSets.limits(id)) },
    })),
    implement(ops.showQuotaDetail, async ({ ctx, params: { project_id: id } }) => {
      const limits = known(ctx, await quotaSets.limits(id));
      const usage = await quotaSets.usage(id);
      const details = Object.entries(limits).map(([name, limit]) => [
        name,
        { limit, in_use: usage[name] ?? 0, reserved: 0 },
      ]);
      return { quota_set: { id, ...Object.fromEntries(details) } };
    }),
    implement(ops.showQuotaDefaults, async ({ ctx, params: { project_id: id } }) => ({
      quota_set: { id, ...known(ctx, await quotaSets.defaults()) },
    })),
    implement(ops.updateQuota, async ({ ctx, params: { project_id: id }, query, body: { quota_set: set } }) => {
      if (query.user_id !== undefined)
        throw badRequest({ message: 'Quotas are kept for projects: user_id is not supported.' });
      const force = set.force !== undefined && parseBoolean(set.force);
      return { quota_set: known(ctx, await quotaSets.update(id, numbers(set), force)) };
    }),
    implement(ops.deleteQuota, async ({ params, query }) => {
      if (query.user_id !== undefined)
        throw badRequest({ message: 'Quotas are kept for projects: user_id is not supported.' });
      await quotaSets.reset(params.project_id);
    }),
    implement(ops.showQuotaClass, async ({ ctx, params: { class_name: id } }) => ({
      quota_class_set: { id, ...knownOfClass(ctx, await quotaSets.classLimits(id)) },
    })),
    implement(ops.updateQuotaClass, async ({ ctx, params: { class_name: id }, body }) => ({
      quota_class_set: knownOfClass(ctx, await quotaSets.updateClass(id, numbers(body.quota_class_set))),
    })),
    implement(ops.createExternalEvents, async ({ ctx, body, reply }) => {
      const wanted = body.events.map(({ name, server_uuid, status = 'completed', tag }) => ({
        name,
        serverId: server_uuid,
        status,
        tag,
      }));
      const handled = await events.handle(ctx, wanted);
      if (handled.some(({ code }) => code !== 200)) reply.status(207);
      return {
        events: handled.map(({ name, serverId, status, tag, code }) => ({
          name,
          server_uuid: serverId,
          status: code === 404 ? 'failed' : status,
          ...(tag === undefined ? {} : { tag }),
          code,
        })),
      };
    }),
  ];
}

function absoluteOf(ctx: Context, limits: Limits, usage: Limits): Record<string, number> {
  const absolute: Limits = {
    maxServerMeta: limits.metadata_items!,
    maxTotalInstances: limits.instances!,
    maxTotalCores: limits.cores!,
    maxTotalRAMSize: limits.ram!,
    maxTotalKeypairs: limits.key_pairs!,
    maxServerGroups: limits.server_groups!,
    maxServerGroupMembers: limits.server_group_members!,
    totalInstancesUsed: usage.instances!,
    totalCoresUsed: usage.cores!,
    totalRAMUsed: usage.ram!,
    totalServerGroupsUsed: 0,
  };
  if (!atLeast(ctx, 36))
    Object.assign(absolute, {
      maxTotalFloatingIps: -1,
      maxSecurityGroups: -1,
      maxSecurityGroupRules: -1,
      totalFloatingIpsUsed: 0,
      totalSecurityGroupsUsed: 0,
    });
  if (!atLeast(ctx, 39)) absolute.maxImageMeta = limits.metadata_items!;
  if (!atLeast(ctx, 57))
    Object.assign(absolute, {
      maxPersonality: limits.injected_files!,
      maxPersonalitySize: limits.injected_file_content_bytes!,
    });
  return absolute;
}
