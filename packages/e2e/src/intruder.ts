import { commandAs } from '../../core/src/confine/index.ts';
import { run } from '../../core/src/exec/index.ts';

/** What a process tries to get at. */
export interface Targets {
  /** Files, directories and sockets, by path. */
  paths: readonly string[];
  pids: readonly number[];
  /** Of servers on the loopback. */
  ports: readonly number[];
}

/**
 * Runs in the host's own namespaces with nothing but an id, as a process does that broke out of a guest, and says what it got
 * hold of: one line for each, `<what> <of which>`. In Perl, which any user can run wherever it is installed.
 */
const PROGRAM = String.raw`
use strict;
use Fcntl;
use Socket;
$| = 1;
my $machine = (POSIX::uname())[4];
my $ptrace = { x86_64 => 101, aarch64 => 117 }->{$machine} or die "ptrace's number on $machine is not known\n";
sub got { print "@_\n" }
sub opens { my ($path, $flags) = @_; sysopen(my $file, $path, $flags | O_NONBLOCK | O_NOCTTY) or return 0; close $file; 1 }
sub connects {
  my ($domain, $address) = @_;
  socket(my $socket, $domain, SOCK_STREAM, 0) or die "socket: $!\n";
  my $done = eval { local $SIG{ALRM} = sub { die "late\n" }; alarm 3; my $ok = connect($socket, $address); alarm 0; $ok };
  alarm 0;
  close $socket;
  return $done;
}
while (defined(my $line = <STDIN>)) {
  chomp $line;
  my ($kind, $target) = split /\t/, $line, 2;
  if ($kind eq 'path') {
    got('lists', $target) if opendir(my $directory, $target);
    got('reads', $target) if !-d $target && opens($target, O_RDONLY);
    got('writes', $target) if opens($target, O_WRONLY);
    got('makes files in', $target) if -d $target && opens("$target/intruder", O_CREAT | O_EXCL | O_WRONLY) && unlink("$target/intruder");
    got('connects to', $target) if length($target) < 108 && connects(PF_UNIX, pack_sockaddr_un($target));
  } elsif ($kind eq 'port') {
    got('connects to port', $target) if connects(PF_INET, pack_sockaddr_in($target, INADDR_LOOPBACK));
  } elsif ($kind eq 'pid') {
    got('signals', $target) if kill 0, $target;
    for my $name (qw(mem maps environ cmdline auxv status stat io syscall stack)) { got("reads $name of", $target) if opens("/proc/$target/$name", O_RDONLY) }
    for my $name (qw(fd map_files task)) { got("lists $name of", $target) if opendir(my $directory, "/proc/$target/$name") }
    for my $name (qw(exe cwd root)) { got("follows $name of", $target) if defined readlink "/proc/$target/$name" }
    if (syscall($ptrace, 16, $target + 0, 0, 0) == 0) { got('traces', $target); syscall($ptrace, 17, $target + 0, 0, 0) }
  }
}
`;

/** Everything of `targets` that a process with this id, as user and group, gets hold of. */
export async function intrude(id: number, { paths, pids, ports }: Targets): Promise<string[]> {
  const lines = [
    ...paths.map((path) => `path\t${path}`),
    ...pids.map((pid) => `pid\t${pid}`),
    ...ports.map((port) => `port\t${port}`),
  ];
  const command = commandAs({ uid: id, gid: id }, 'perl', ['-MPOSIX', '-e', PROGRAM]);
  const { stdout } = await run(...command, { input: `${lines.join('\n')}\n`, timeoutMs: 240_000, cwd: '/' });
  return stdout.split('\n').filter(Boolean);
}
