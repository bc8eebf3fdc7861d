import { readFileSync } from 'node:fs';
import { z } from 'zod/mini';
import { EngineError, messageOf } from '../../model/errors.js';
import { SECCOMP_OPERATORS } from '../isolation/oci-spec.js';

/**
 * What this runtime knows of a config.json: OCI runtime spec, config.md and config-linux.md. Properties that are not here are ignored,
 * as the spec wants it; those that are here as UNKNOWN are refused by refuse-config.ts where they ask for something.
 */
const UNKNOWN = z.optional(z.unknown());
const NUMBER = z.optional(z.number());
const TEXT = z.optional(z.string());
const TEXTS = z.optional(z.array(z.string()));
const BOOLEAN = z.optional(z.boolean());
const ID = z.int().check(z.minimum(0), z.maximum(2 ** 32 - 2));

const user = z.object({
  uid: z._default(ID, 0),
  gid: z._default(ID, 0),
  umask: z.optional(z.int()),
  additionalGids: z.optional(z.array(ID)),
});

const capabilities = z.object({
  bounding: TEXTS,
  effective: TEXTS,
  permitted: TEXTS,
  inheritable: TEXTS,
  ambient: TEXTS,
});

const processSchema = z.object({
  terminal: BOOLEAN,
  consoleSize: z.optional(z.object({ width: z.number(), height: z.number() })),
  user: z._default(user, { uid: 0, gid: 0 }),
  args: z.array(z.string()).check(z.minLength(1)),
  env: TEXTS,
  cwd: z.string().check(z.regex(/^\//, 'must be an absolute path')),
  capabilities: z.optional(capabilities),
  rlimits: z.optional(z.array(z.object({ type: z.string(), soft: z.number(), hard: z.number() }))),
  noNewPrivileges: BOOLEAN,
  oomScoreAdj: z.optional(z.int()),
  apparmorProfile: TEXT,
  selinuxLabel: TEXT,
  ioPriority: UNKNOWN,
  scheduler: UNKNOWN,
  execCPUAffinity: UNKNOWN,
});

const hook = z.object({
  path: z.string().check(z.regex(/^\//, 'must be an absolute path')),
  args: TEXTS,
  env: TEXTS,
  timeout: z.optional(z.int().check(z.minimum(1))),
});
const hookList = z.optional(z.array(hook));

const hooks = z.object({
  prestart: hookList,
  createRuntime: hookList,
  createContainer: hookList,
  startContainer: hookList,
  poststart: hookList,
  poststop: hookList,
});

const mount = z.object({
  destination: z.string(),
  type: TEXT,
  source: TEXT,
  options: TEXTS,
  uidMappings: UNKNOWN,
  gidMappings: UNKNOWN,
});

const namespace = z.object({
  type: z.enum(['pid', 'network', 'mount', 'ipc', 'uts', 'user', 'cgroup', 'time']),
  path: TEXT,
});

const idMappings = z.optional(z.array(z.object({ containerID: z.int(), hostID: z.int(), size: z.int() })));

const device = z.object({
  type: z.enum(['c', 'b', 'p', 'u']),
  path: z.string(),
  major: NUMBER,
  minor: NUMBER,
  fileMode: NUMBER,
  uid: z.optional(ID),
  gid: z.optional(ID),
});

const deviceRule = z.object({
  allow: z.boolean(),
  type: z.optional(z.enum(['a', 'b', 'c', ''])),
  major: NUMBER,
  minor: NUMBER,
  access: TEXT,
});

const rates = z.optional(z.array(z.object({ major: z.int(), minor: z.int(), rate: z.number() })));

const resources = z.object({
  devices: z.optional(z.array(deviceRule)),
  memory: z.optional(
    z.object({
      limit: NUMBER,
      reservation: NUMBER,
      swap: NUMBER,
      swappiness: NUMBER,
      disableOOMKiller: BOOLEAN,
    }),
  ),
  cpu: z.optional(
    z.object({
      shares: NUMBER,
      quota: NUMBER,
      period: NUMBER,
      realtimeRuntime: NUMBER,
      realtimePeriod: NUMBER,
      cpus: TEXT,
      mems: TEXT,
      burst: NUMBER,
      idle: NUMBER,
    }),
  ),
  pids: z.optional(z.object({ limit: NUMBER })),
  blockIO: z.optional(
    z.object({
      weight: NUMBER,
      leafWeight: UNKNOWN,
      weightDevice: z.optional(
        z.array(z.object({ major: z.int(), minor: z.int(), weight: NUMBER, leafWeight: UNKNOWN })),
      ),
      throttleReadBpsDevice: rates,
      throttleWriteBpsDevice: rates,
      throttleReadIOPSDevice: rates,
      throttleWriteIOPSDevice: rates,
    }),
  ),
  hugepageLimits: UNKNOWN,
  network: UNKNOWN,
  rdma: UNKNOWN,
  unified: UNKNOWN,
});

const NUMBER_64 = z.union([z.number(), z.bigint()]);

const seccomp = z.object({
  defaultAction: z.string(),
  defaultErrnoRet: NUMBER,
  architectures: TEXTS,
  flags: TEXTS,
  listenerPath: TEXT,
  syscalls: z.optional(
    z.array(
      z.object({
        names: z.array(z.string()),
        action: z.string(),
        errnoRet: NUMBER,
        args: z.optional(
          z.array(
            z.object({
              index: z.int().check(z.minimum(0), z.maximum(5)),
              value: NUMBER_64,
              valueTwo: z.optional(NUMBER_64),
              op: z.enum(SECCOMP_OPERATORS),
            }),
          ),
        ),
      }),
    ),
  ),
});

const linux = z.object({
  namespaces: z.optional(z.array(namespace)),
  uidMappings: idMappings,
  gidMappings: idMappings,
  devices: z.optional(z.array(device)),
  resources: z.optional(resources),
  cgroupsPath: TEXT,
  rootfsPropagation: TEXT,
  seccomp: z.optional(seccomp),
  sysctl: z.optional(z.record(z.string(), z.string())),
  maskedPaths: TEXTS,
  readonlyPaths: TEXTS,
  mountLabel: TEXT,
  intelRdt: UNKNOWN,
  memoryPolicy: UNKNOWN,
  netDevices: UNKNOWN,
  personality: z.optional(z.object({ domain: z.string(), flags: TEXTS })),
  timeOffsets: UNKNOWN,
});

const config = z.object({
  ociVersion: z.string(),
  process: processSchema,
  root: z.object({ path: z.string(), readonly: BOOLEAN }),
  hostname: TEXT,
  domainname: TEXT,
  mounts: z.optional(z.array(mount)),
  hooks: z.optional(hooks),
  annotations: z.optional(z.record(z.string(), z.string())),
  linux: z.optional(linux),
});

export type BundleConfig = z.output<typeof config>;
export type BundleProcess = z.output<typeof processSchema>;
export type BundleHooks = z.output<typeof hooks>;
export type BundleHook = z.output<typeof hook>;
export type BundleMount = z.output<typeof mount>;
export type BundleResources = z.output<typeof resources>;
export type BundleSeccomp = z.output<typeof seccomp>;

/** Throws invalid-argument: it is not there, no JSON, or says what no config.json can say. */
export function readBundleConfig(path: string): BundleConfig {
  return check(config, readJson(path), path);
}

/** The `process` of a config.json in a file of its own, as `exec --process` has it. */
export function readProcess(path: string): BundleProcess {
  return check(processSchema, readJson(path), path);
}

export function checkResources(value: unknown): BundleResources {
  return check(resources, dropNulls(value), 'the resources');
}

function check<T extends z.ZodMiniType>(schema: T, value: unknown, what: string): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = issue?.path.join('.') || 'the document';
  throw new EngineError(
    'invalid-argument',
    `cannot read ${what}: ${place}: ${issue?.message ?? 'not what it must be'}`,
  );
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'), reviveValue);
  } catch (cause) {
    throw new EngineError('invalid-argument', `cannot read ${path}: ${messageOf(cause)}`, { cause });
  }
}

/** Go writes null for what is absent. Arguments of system calls are masks of 64 bits, which a double does not hold. */
function reviveValue(key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (value === null) return undefined;
  const isMask = (key === 'value' || key === 'valueTwo') && typeof value === 'number' && !Number.isSafeInteger(value);
  return isMask && /^\d+$/.test(context?.source ?? '') ? BigInt(context?.source ?? 0) : value;
}

function dropNulls(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), reviveValue);
}
