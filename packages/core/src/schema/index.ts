/**
 * Schemas and formats that several services share: values, and the parameters of lists.
 */

export { canonicalIp, formats, isCidr, isDateTime, isHostname, isUuid } from './formats.ts';
export { fieldList, paging, sortKeys, sortList } from './list-parameters.ts';
export {
  Base64,
  Cidr,
  DateTime,
  Description255,
  Hostname,
  IpAddress,
  Ipv4Address,
  Ipv6Address,
  Link,
  Links,
  LooseBoolean,
  LooseInteger,
  MacAddress,
  Metadata,
  Name255,
  NameOrEmpty255,
  NonNegativeInteger,
  Nullable,
  OpaqueId,
  PositiveInteger,
  parseBoolean,
  QueryBoolean,
  StringEnum,
  Uri,
  Uuid,
} from './values.ts';
