import type { NodeGuard } from '../../src/drivers/firewall/node-chains.ts';

/** A node without an overlay, none of whose ports guests may reach. */
export const NO_GUESTS_ON_NODE: NodeGuard = { vxlanPort: 4789, guestPorts: [] };
