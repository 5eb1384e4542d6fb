export { NeutronConfig } from './config.ts';
export { neutronDhcpAgent } from './daemons/neutron-dhcp-agent.ts';
export { neutronL3Agent } from './daemons/neutron-l3-agent.ts';
export { neutronL2Agent } from './daemons/neutron-linuxbridge-agent.ts';
export { neutronMetadataAgent } from './daemons/neutron-metadata-agent.ts';
export { neutronServer } from './daemons/neutron-server.ts';
/** For `kumo reset`: what this cloud made on the host. */
export { HostAuditDriver, NetHost } from './drivers/index.ts';
