import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { missing, RUN_REQUIREMENTS, TEST_REQUIREMENTS } from '../system/packages.ts';
import { print, printJson, table } from './output.ts';

export interface Finding {
  name: string;
  ok: boolean;
  /** Nothing works without it. */
  needed: boolean;
  detail: string;
}

/** What this machine can and cannot do. Looks only; changes nothing. */
export function examine(): Finding[] {
  const isRoot = process.getuid?.() === 0;
  const lacking = new Set(missing([...RUN_REQUIREMENTS, ...TEST_REQUIREMENTS]).map(({ program }) => program));
  return [
    { name: 'Node', ok: Number(process.versions.node.split('.')[0]) >= 24, needed: true, detail: process.version },
    {
      name: 'root',
      ok: isRoot,
      needed: false,
      detail: isRoot
        ? 'networks, taps and namespaces can be made'
        : 'real networks need root: run kumo with sudo, or set neutron.dataplane, nova.compute.driver and cinder.driver to fake',
    },
    ...RUN_REQUIREMENTS.map((requirement) => programFinding(requirement, true, lacking)),
    ...TEST_REQUIREMENTS.map((requirement) => programFinding(requirement, false, lacking)),
    deviceFinding(
      '/dev/net/tun',
      'guests get their network cards through it; load the module with: modprobe tun',
      true,
    ),
    deviceFinding('/dev/kvm', 'guests run under TCG, emulated, several times slower', false),
    kernelFinding('bridge', ['link', 'add', 'kumodoctor', 'type', 'bridge']),
    kernelFinding('vxlan', ['link', 'add', 'kumodoctor', 'type', 'vxlan', 'id', '1', 'dstport', '4789']),
    kernelFinding('veth', ['link', 'add', 'kumodoctor', 'type', 'veth']),
  ];
}

function programFinding(
  { program, package: name, why }: (typeof RUN_REQUIREMENTS)[number],
  needed: boolean,
  lacking: ReadonlySet<string>,
): Finding {
  const ok = !lacking.has(program);
  const purpose = needed ? why : `for kumo test: ${why}`;
  return { name: program, ok, needed, detail: ok ? purpose : `${purpose}; install the package ${name}` };
}

function deviceFinding(path: string, without: string, needed: boolean): Finding {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return {
      name: path,
      ok: true,
      needed,
      detail: needed ? 'usable' : 'there; used only if a probe boots a guest with it',
    };
  } catch (error) {
    return { name: path, ok: false, needed, detail: `${(error as NodeJS.ErrnoException).code}: ${without}` };
  }
}

/** Tried in a network namespace of its own, which ends with the command. */
function kernelFinding(feature: string, args: readonly string[]): Finding {
  const { status, stderr } = spawnSync('unshare', ['--net', 'ip', ...args], { encoding: 'utf8' });
  const ok = status === 0;
  return {
    name: `kernel: ${feature}`,
    ok,
    needed: true,
    detail: ok ? 'works' : `${(stderr ?? '').trim().split('\n')[0] || 'cannot be tried without root'}`,
  };
}

/** `kumo doctor`: exit code 1 when something that is needed is not there. */
export function doctorCommand(options: { json?: boolean }): number {
  const findings = examine();
  const ready = findings.every(({ ok, needed }) => ok || !needed);
  if (options.json) printJson({ ready, findings });
  else {
    print(
      table(
        ['', 'WHAT', 'DETAIL'],
        findings.map(({ name, ok, needed, detail }) => [ok ? 'ok' : needed ? 'MISSING' : 'no', name, detail]),
      ),
    );
    print(
      ready
        ? 'This machine can run Kumo.'
        : 'Something that is needed is missing; `kumo up` installs packages by itself as root or through sudo.',
    );
  }
  return ready ? 0 : 1;
}
