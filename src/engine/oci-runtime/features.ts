import { OCI_VERSION } from '../../model/oci-runtime.js';
import { ALL_CAPABILITIES, toSpecNames } from '../isolation/capabilities.js';
import { SECCOMP_ACTIONS, SECCOMP_OPERATORS } from '../isolation/oci-spec.js';
import { BIND_OPTIONS, WITHOUT_EFFECT } from './to-mounts.js';

/** OCI runtime spec, features.md and features-linux.md. */
export function listFeatures(): unknown {
  return {
    ociVersionMin: '1.0.0',
    ociVersionMax: OCI_VERSION,
    hooks: ['prestart', 'createRuntime', 'startContainer', 'poststart', 'poststop'],
    mountOptions: [...BIND_OPTIONS, ...WITHOUT_EFFECT, 'tmpcopyup'].sort(),
    linux: {
      namespaces: ['cgroup', 'ipc', 'mount', 'network', 'pid', 'time', 'user', 'uts'],
      capabilities: toSpecNames(ALL_CAPABILITIES),
      cgroup: { v1: true, v2: true, systemd: false, systemdUser: false, rdma: false },
      seccomp: {
        enabled: true,
        actions: SECCOMP_ACTIONS,
        operators: SECCOMP_OPERATORS,
        archs: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_AARCH64'],
        knownFlags: ['SECCOMP_FILTER_FLAG_TSYNC'],
        supportedFlags: ['SECCOMP_FILTER_FLAG_TSYNC'],
      },
      apparmor: { enabled: false },
      selinux: { enabled: false },
      intelRdt: { enabled: false },
      mountExtensions: { idmap: { enabled: false } },
    },
  };
}
