import type { Container } from '../../model/container.js';
import { DEFAULT_CAPABILITY_NAMES } from '../../model/default-capabilities.js';
import type {
  MountPoint,
  Namespace,
  NamespaceType,
  ProcessSecurity,
  ProcessSurroundings,
} from '../../model/namespace.js';
import { listUnusualRights } from '../../model/unusual-rights.js';
import type { DetailsState } from '../../store/details-store.js';
import type { PaintContext } from '../paint-context.js';
import { fillParagraph } from '../rows/text-lines.js';
import { sanitizeText } from '../terminal/ansi-text.js';
import { mapLines, seccompText } from './namespace-lines.js';

export interface SecurityView {
  readonly security: ProcessSecurity;
  readonly details: Pick<DetailsState, 'namespaces' | 'surroundings'>;
  readonly width: number;
}

/** What a container's process may: first what is unusual in plain sentences, then each thing as the kernel has it. */
export function securityLines(context: PaintContext, container: Container, view: SecurityView): readonly string[] {
  const { security, details, width } = view;
  const { theme } = context;
  const surroundings = details.surroundings?.status === 'ready' ? details.surroundings.value : undefined;
  const namespaces = details.namespaces?.status === 'ready' ? details.namespaces.value : [];
  // Without its mounts and namespaces nobody can say that there is nothing.
  const isKnown = surroundings !== undefined && details.namespaces?.status === 'ready';
  const unusual = listUnusualRights({
    security,
    hostNamespaces: new Set(sharedWithHost(container, namespaces)),
    mounts: surroundings?.mounts ?? [],
  });
  const label = (text: string) => theme.style('title', text.padEnd(13));
  const warnings = unusual.flatMap((text) =>
    fillParagraph(`it ${text}`, width).map((line) => theme.style('warning', line)),
  );
  const usual = isKnown
    ? fillParagraph(USUAL, width).map((line) => theme.style('ok', line))
    : [theme.style('muted', 'reading …')];
  return [
    ...(warnings.length > 0 ? warnings : usual),
    '',
    `${label('user')} uid ${security.uid}, gid ${security.gid}`,
    `${label('seccomp')} ${theme.style(security.seccomp === 'disabled' ? 'error' : 'ok', seccompText(security))}`,
    `${label('no-new-privs')} ${security.noNewPrivileges ? theme.style('ok', 'yes') : 'no'}`,
    ...mapLines(context, security),
    ...(surroundings === undefined ? [] : readOnlyLines(context, surroundings, width)),
    '',
    ...capabilityLines(context, security, width),
  ];
}

const USUAL = 'nothing unusual: it has what Docker gives a container';

/** The namespaces of the host that a container is in. */
function sharedWithHost({ id }: Container, namespaces: readonly Namespace[]): readonly NamespaceType[] {
  return namespaces.filter(({ host, containerIds }) => host && containerIds.includes(id)).map(({ type }) => type);
}

/** Each set, and what of the bounding one Docker would not have given or would have. */
function capabilityLines({ theme }: PaintContext, { capabilities }: ProcessSecurity, width: number): readonly string[] {
  const { effective, permitted, inheritable, bounding, ambient } = capabilities;
  const usual: readonly string[] = DEFAULT_CAPABILITY_NAMES;
  const sets: readonly (readonly [string, readonly string[]])[] = [
    ['added', bounding.filter((name) => !usual.includes(name))],
    ['dropped', usual.filter((name) => !bounding.includes(name))],
    ['effective', effective],
    ['permitted', permitted],
    ['inheritable', inheritable],
    ['bounding', bounding],
    ['ambient', ambient],
  ];
  return sets.flatMap(([name, names]) =>
    fillParagraph(names.join(' ') || 'none', Math.max(20, width - 17)).map((line, i) => {
      const label = theme.style('title', (i === 0 ? `${name} ${names.length}` : '').padEnd(13));
      return `${label}    ${name === 'added' && names.length > 0 ? theme.style('warning', line) : line}`;
    }),
  );
}

/** What it cannot write though it is there: as it is mounted, not as it was asked for. */
function readOnlyLines({ theme }: PaintContext, { mounts }: ProcessSurroundings, width: number): readonly string[] {
  const label = (text: string) => theme.style('title', text.padEnd(13));
  const isReadOnlyRoot = mounts.findLast(({ target }) => target === '/')?.isReadOnly === true;
  // What hides a path is an empty directory or /dev/null.
  const masks = mounts.filter(isMask);
  const readOnly = mounts.filter((mount) => mount.isReadOnly && mount.target !== '/' && !isMask(mount));
  const paragraph = (name: string, text: string) =>
    fillParagraph(text, Math.max(20, width - 14)).map((line, i) => `${label(i === 0 ? name : '')} ${line}`);
  return [
    `${label('read-only root')}${isReadOnlyRoot ? theme.style('ok', ' yes') : ' no'}`,
    ...paragraph('read-only', pathsOf(readOnly)),
    ...paragraph('masked', pathsOf(masks)),
  ];
}

/** What hides a path of the kernel's is an empty directory or /dev/null; the hierarchies of cgroups v1 stand in one too. */
function isMask({ target, fileSystem, root }: MountPoint): boolean {
  return /^\/(proc|sys)\//.test(target) && target !== '/sys/fs/cgroup' && (root === '/null' || fileSystem === 'tmpfs');
}

/** Each once, without those below another one. */
function pathsOf(mounts: readonly MountPoint[]): string {
  const targets = [...new Set(mounts.map(({ target }) => target))];
  const upper = targets.filter((target) => !targets.some((other) => target.startsWith(`${other}/`)));
  return sanitizeText(upper.join(' ')) || 'none';
}
