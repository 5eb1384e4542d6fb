/**
 * Node's `http`, without an ESM import of it: that reads every export, and the getters of `WebSocket` and its kin load all
 * of the undici inside Node, which takes 10 MiB and which nothing here uses.
 */
export const nodeHttp = process.getBuiltinModule('node:http');
