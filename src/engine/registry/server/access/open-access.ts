import type { RegistryOptions, RegistryOutput } from '../../../../model/registry-options.js';
import { type AccessControl, createAccessControl } from './access-control.js';
import { openFreshFile } from './fresh-file.js';
import { parseHtpasswd } from './htpasswd.js';
import { createDefaultPermissions, parsePermissions } from './permissions.js';

/** Reads the files of passwords and permissions, and again whenever they change. Rejects: invalid-argument. */
export function openAccess(options: RegistryOptions, { warn }: RegistryOutput): AccessControl {
  const { passwordFile, permissionsFile, publicUrl, tls } = options;
  const common = { nowMs: Date.now, warn };
  const readPasswords =
    passwordFile === undefined ? undefined : openFreshFile({ ...common, path: passwordFile, parse: parseHtpasswd });
  const usual = createDefaultPermissions(readPasswords !== undefined);
  const readPermissions =
    permissionsFile === undefined
      ? () => usual
      : openFreshFile({ ...common, path: permissionsFile, parse: parsePermissions });
  if (readPasswords !== undefined && tls === undefined && !isLoopback(options.listen.host)) {
    warn('passwords are sent in clear: use --tls-cert and --tls-key, or a proxy that speaks TLS in front');
  }
  return createAccessControl({ readPasswords, readPermissions, publicUrl, isTls: tls !== undefined, nowMs: Date.now });
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
