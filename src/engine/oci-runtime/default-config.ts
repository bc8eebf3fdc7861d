import { OCI_VERSION } from '../../model/oci-runtime.js';
import { DEFAULT_READONLY_PATHS, defaultMaskedPaths } from '../isolation/masked-paths.js';
import { defaultMounts } from '../isolation/mounts.js';
import type { RuntimeSpec } from '../isolation/oci-spec.js';

const CAPABILITIES = ['CAP_AUDIT_WRITE', 'CAP_KILL', 'CAP_NET_BIND_SERVICE'];

/** A config.json to begin with: a shell in the folder `rootfs`, with little it may do. */
export function formatDefaultConfig(): string {
  const spec: RuntimeSpec = {
    ociVersion: OCI_VERSION,
    process: {
      terminal: true,
      user: { uid: 0, gid: 0, additionalGids: [] },
      args: ['sh'],
      env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'TERM=xterm'],
      cwd: '/',
      capabilities: {
        bounding: CAPABILITIES,
        effective: CAPABILITIES,
        permitted: CAPABILITIES,
        inheritable: [],
        ambient: [],
      },
      rlimits: [{ type: 'RLIMIT_NOFILE', hard: 1024, soft: 1024 }],
      noNewPrivileges: true,
    },
    root: { path: 'rootfs', readonly: true },
    hostname: 'gantry',
    mounts: defaultMounts({ shmSizeBytes: 64 * 1024 * 1024, cgroup: 'v1', writableSys: false, ttyGroup: true }),
    linux: {
      namespaces: (['pid', 'network', 'ipc', 'uts', 'mount', 'cgroup'] as const).map((type) => ({ type })),
      devices: [],
      resources: { devices: [{ allow: false, access: 'rwm' }] },
      maskedPaths: defaultMaskedPaths([]),
      readonlyPaths: DEFAULT_READONLY_PATHS,
    },
  };
  return `${JSON.stringify(spec, undefined, '\t')}\n`;
}
