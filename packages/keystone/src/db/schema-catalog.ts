/** The rows of the catalog, of what restricts it, and of unified limits. */
export interface CatalogTables {
  regions: RegionRow;
  services: ServiceRow;
  endpoints: EndpointRow;
  endpoint_groups: EndpointGroupRow;
  project_endpoints: { project_id: string; endpoint_id: string };
  project_endpoint_groups: { project_id: string; endpoint_group_id: string };
  policies: PolicyRow;
  policy_associations: PolicyAssociationRow;
  registered_limits: RegisteredLimitRow;
  limits: LimitRow;
}

export interface RegionRow {
  id: string;
  parent_region_id: string | null;
  description: string;
  /** What clients may add. */
  extra: string | null;
}

export interface ServiceRow {
  id: string;
  type: string;
  name: string | null;
  description: string | null;
  enabled: number;
  extra: string | null;
}

export interface EndpointRow {
  id: string;
  service_id: string;
  region_id: string | null;
  interface: string;
  url: string;
  enabled: number;
  extra: string | null;
}

export interface EndpointGroupRow {
  id: string;
  name: string;
  description: string | null;
  /** What an endpoint must have to be of the group. */
  filters: string;
}

export interface PolicyRow {
  id: string;
  type: string;
  blob: string;
  extra: string;
}

export interface PolicyAssociationRow {
  /** A digest of what the policy is for: one endpoint, service, or service in a region has one policy. */
  id: string;
  policy_id: string;
  endpoint_id: string | null;
  service_id: string | null;
  region_id: string | null;
}

export interface RegisteredLimitRow {
  id: string;
  service_id: string;
  region_id: string | null;
  /** The region, or nothing: what is unique must not be null. */
  region_key: string;
  resource_name: string;
  default_limit: number;
  description: string | null;
}

/** Of a project or of a domain; the other one is null. */
export interface LimitRow {
  id: string;
  registered_limit_id: string;
  project_id: string | null;
  domain_id: string | null;
  resource_limit: number;
  description: string | null;
}
