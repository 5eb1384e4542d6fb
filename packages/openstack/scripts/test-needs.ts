/** Tests that need servers of others, guests, namespaces or much time: `--fast` leaves them out. */
export const NEEDS_MORE: readonly RegExp[] = [
  /^packages\/core\/test\/(rpc\/rabbit|notify\/rabbit|db\/servers|db\/full-disk|flow\/databases|flow\/purge)/,
  /^packages\/glance\/test\/openstack-client/,
  /^packages\/guest\//,
  /^packages\/keystone\/test\/(interop\/|ldap\/|directories|client|notifications)/,
  /^packages\/neutron\/test\/(data-plane|attacks|agents-over-rabbitmq|drivers\/)/,
  /^packages\/nova\/test\/(virt\/(qemu|kvm)|engine\/rabbit)/,
  /^packages\/cinder\/test\/(drivers\/|restarts)/,
];
