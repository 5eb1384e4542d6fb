/** The rows of domains' own configuration and of the ids of users and groups in directories. */
export interface DomainConfigTables {
  domain_config_options: DomainConfigOptionRow;
  id_mappings: IdMappingRow;
}

export interface DomainConfigOptionRow {
  domain_id: string;
  group_name: string;
  option_name: string;
  /** JSON; of a sensitive option that JSON encrypted. */
  value: string;
  is_sensitive: number;
}

/** What a user or group of a directory is called by the API. */
export interface IdMappingRow {
  public_id: string;
  domain_id: string;
  /** The directory's own id. */
  local_id: string;
  entity_type: 'user' | 'group';
}
