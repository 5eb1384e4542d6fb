/** Rows as they are stored; see migrations/0001-initial.ts. */
export interface PlacementTables {
  resource_providers: {
    uuid: string;
    name: string;
    generation: number;
    parent_uuid: string | null;
    root_uuid: string;
    created_at: string;
    updated_at: string;
  };
  resource_classes: { name: string; updated_at: string };
  inventories: {
    provider_uuid: string;
    resource_class: string;
    total: number;
    reserved: number;
    min_unit: number;
    max_unit: number;
    step_size: number;
    allocation_ratio: number;
    used: number;
    updated_at: string;
  };
  consumers: { uuid: string; generation: number; project_id: string; user_id: string; consumer_type: string | null };
  allocations: {
    consumer_uuid: string;
    provider_uuid: string;
    resource_class: string;
    used: number;
    updated_at: string;
  };
  traits: { name: string; updated_at: string };
  provider_traits: { provider_uuid: string; trait: string };
  provider_aggregates: { provider_uuid: string; aggregate_uuid: string };
}
