export { neutronDhcpAgent } from './agents/dhcp-agent.ts';
export { neutronL2Agent } from './agents/l2-agent.ts';
export { neutronL3Agent } from './agents/l3-agent.ts';
export { neutronMetadataAgent } from './agents/metadata-agent.ts';
export { NeutronConfig } from './config.ts';
/** For `kumo reset`: what this cloud made on the host. */
export { HostAuditDriver, NetHost } from './drivers/index.ts';
export { neutronServer } from './neutron-server.ts';
