import { commandAs, type Ids } from '../confine/index.ts';
import { type RunResult, run } from '../exec/index.ts';

export interface QemuImgOptions {
  /**
   * Whom the image's data belongs to; the caller has made the files that are named its own. Undefined where this process is
   * not root, and only there: qemu-img reads what users made, and is what a crafted image would take over.
   */
  as: Ids | undefined;
  signal?: AbortSignal;
  /** Default 10 minutes. */
  timeoutMs?: number;
  /** Processor time; a crafted image that needs more fails. Default 300 s. */
  cpuSeconds?: number;
  /** Address space. Default 1 GiB. */
  memoryBytes?: number;
  /** The daemon that runs it, for the trace. */
  from?: string;
}

/**
 * Decompressing starts up to 64 threads. With glibc's defaults each reserves 8 MiB for its stack and 64 MiB for its arena,
 * so a good image would meet the limit of address space that is there for bad ones.
 */
const STACK_BYTES = 2 << 20;

/**
 * Runs qemu-img as an unprivileged id without a network, under limits of memory and processor time, so that a crafted image
 * can spoil only its own operation. The caller passes an explicit format (`-f`) for every image it names, after inspecting
 * those that users made.
 *
 * @throws Error when it would run as root.
 * @throws DriverError when it fails or exceeds a limit; the caller removes what it wrote.
 */
export function qemuImg(args: readonly string[], options: QemuImgOptions): Promise<RunResult> {
  const { as, signal, timeoutMs = 600_000, cpuSeconds = 300, memoryBytes = 1 << 30, from } = options;
  if (!as && process.getuid?.() === 0) throw new Error('qemu-img is not run as root: say as whom');
  const limits = [`--as=${memoryBytes}`, `--stack=${STACK_BYTES}`, `--cpu=${cpuSeconds}`];
  const env = { MALLOC_ARENA_MAX: '1' };
  const limited = [...limits, '--', 'qemu-img', ...args];
  return run(...commandAs(as, 'prlimit', limited, { namespaces: ['net', 'ipc'] }), { signal, timeoutMs, from, env });
}
