export { dhcpAgentRpc, l2AgentRpc, l3AgentRpc, metadataAgentRpc } from './agents.ts';
export { neutronServerRpc } from './neutron-server.ts';
export { DhcpNetworkShape, L2StateShape, RouterShape, Segment } from './shapes.ts';
