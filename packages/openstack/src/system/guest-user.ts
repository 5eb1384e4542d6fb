/** The unprivileged user as which guests, their disks' servers and their taps run where Kumo itself is root. */
export const GUEST_USER = 'kumo-guest';
