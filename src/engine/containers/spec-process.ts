import type { ContainerProcess, ExecConfig } from '../../model/container.js';
import type { ContainerConfig } from '../../model/container-config.js';
import { selectCapabilities, toSpecNames } from '../isolation/capabilities.js';
import type { SpecCapabilities, SpecProcess } from '../isolation/oci-spec.js';
import { toRlimits } from '../isolation/rlimits.js';
import type { ResolvedUser } from '../isolation/users.js';

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface ProcessInput {
  readonly config: ContainerConfig;
  readonly process: ContainerProcess;
  readonly user: ResolvedUser;
  readonly hostname: string;
  /** What the engine has to give. */
  readonly availableCapabilities: bigint;
  readonly terminal?: { readonly columns: number; readonly rows: number };
}

/** The container's program with Docker's defaults around it. */
export function toSpecProcess(input: ProcessInput): SpecProcess {
  const { config, process, user } = input;
  const tty = config.tty === true;
  return {
    terminal: tty,
    ...(tty && input.terminal && { consoleSize: { width: input.terminal.columns, height: input.terminal.rows } }),
    user: { uid: user.uid, gid: user.gid, additionalGids: user.additionalGids },
    args: [process.path, ...process.args],
    env: toEnvironment(process.env, { hostname: input.hostname, tty, home: user.home, unset: config.unsetEnv ?? [] }),
    cwd: process.workingDir === '' ? '/' : process.workingDir,
    capabilities: toCapabilities(containerCapabilities(config, input.availableCapabilities)),
    ...(config.ulimits && { rlimits: toRlimits(config.ulimits) }),
    noNewPrivileges: config.security?.noNewPrivileges === true,
    ...(config.oomScoreAdj !== undefined && { oomScoreAdj: config.oomScoreAdj }),
  };
}

/** One more process in the container: as its first one, but for what the exec says itself. `user` is the exec's. */
export function toExecProcess(input: ProcessInput, exec: ExecConfig): SpecProcess {
  const env = { ...input.process.env, ...exec.env };
  // What the exec sets it has, also where the container is without.
  const unsetEnv = [
    ...(input.config.unsetEnv ?? []).filter((name) => !Object.hasOwn(exec.env ?? {}, name)),
    ...(exec.unsetEnv ?? []),
  ];
  const config = { ...input.config, tty: exec.tty === true, unsetEnv };
  const [path = '', ...args] = exec.command;
  const process = {
    ...input.process,
    path,
    args,
    env,
    workingDir: exec.workingDir ?? input.process.workingDir,
  };
  const base = toSpecProcess({ ...input, config, process });
  return exec.privileged ? { ...base, capabilities: toCapabilities(input.availableCapabilities) } : base;
}

/** The capabilities of the container, which decide its seccomp policy too. */
export function containerCapabilities(config: ContainerConfig, available: bigint): bigint {
  const { capAdd, capDrop, privileged } = config.security ?? {};
  return selectCapabilities({
    ...(capAdd && { add: capAdd }),
    ...(capDrop && { drop: capDrop }),
    ...(privileged !== undefined && { privileged }),
    available,
  });
}

interface OwnVariables {
  readonly hostname: string;
  readonly tty: boolean;
  readonly home: string;
  /** Names of variables that are not to be there. */
  readonly unset: readonly string[];
}

/** Docker's variables come first and give way to the image's and the user's; HOME is the resolved user's, and always there. */
function toEnvironment(env: Readonly<Record<string, string>>, own: OwnVariables): readonly string[] {
  const defaults = { PATH: DEFAULT_PATH, HOSTNAME: own.hostname, ...(own.tty && { TERM: 'xterm' }) };
  const given = Object.entries({ ...defaults, ...env }).filter(([name]) => !own.unset.includes(name));
  const home = own.unset.includes('HOME') ? own.home : env['HOME'] || own.home;
  return Object.entries({ ...Object.fromEntries(given), HOME: home }).map(([name, value]) => `${name}=${value}`);
}

/** Inheritable and ambient stay empty: with them a program of another user would keep what it should lose (CVE-2022-24769). */
function toCapabilities(mask: bigint): SpecCapabilities {
  const names = toSpecNames(mask);
  return { bounding: names, effective: names, permitted: names, inheritable: [], ambient: [] };
}
