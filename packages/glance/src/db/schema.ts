/** Rows as they are stored; see migrations/. Truth values are 0 and 1. */
export interface GlanceTables {
  images: {
    id: string;
    name: string | null;
    status: string;
    visibility: string;
    protected: number;
    os_hidden: number;
    owner: string | null;
    container_format: string | null;
    disk_format: string | null;
    size: number | null;
    virtual_size: number | null;
    checksum: string | null;
    os_hash_algo: string | null;
    os_hash_value: string | null;
    min_disk: number;
    min_ram: number;
    /** Where the store has the data. */
    location: string | null;
    /** The upload under way, whose id is also that of its data in the store; set exactly while the status is saving. */
    upload_id: string | null;
    /** The last sign of life of that upload. */
    upload_seen_at: string | null;
    created_at: string;
    updated_at: string;
  };
  /** Every id that was ever given, of deleted images too. */
  image_ids: { id: string };
  image_properties: { image_id: string; name: string; value: string };
  image_tags: { image_id: string; tag: string };
  image_members: { image_id: string; member: string; status: string; created_at: string; updated_at: string };
}
