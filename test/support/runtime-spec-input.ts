import type { RuntimeSpecInput } from '../../src/engine/containers/runtime-spec-input.js';
import { readHostFacts } from '../../src/engine/isolation/host-facts.js';
import type { ContainerConfig } from '../../src/model/container-config.js';

/** What a container of `config` that runs `args` needs for its spec, with the host's real facts. */
export function specInput(
  config: Partial<ContainerConfig>,
  args: readonly string[],
  more: Partial<RuntimeSpecInput> = {},
): RuntimeSpecInput {
  const [path = '', ...rest] = args;
  return {
    config: { image: 'test', ...config },
    process: {
      path,
      args: rest,
      env: config.env ?? {},
      workingDir: config.workingDir ?? '',
      user: '',
      stopSignal: 'SIGTERM',
    },
    host: readHostFacts(),
    user: { uid: 0, gid: 0, additionalGids: [0], home: '/root' },
    hostname: config.hostname ?? 'tester',
    rootPath: '/nowhere',
    binds: [],
    devices: [],
    donors: {},
    ...more,
  };
}
