import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod/mini';
import { EngineError, messageOf } from '../../../model/errors.js';
import { compileGlob } from '../../../model/glob.js';
import type { Digest } from '../../../model/ids.js';
import type { ImageReference } from '../../../model/image-reference.js';
import type { RegistryClient, RegistrySource } from '../client/registry-client.js';
import { readPublicKey } from './keys.js';
import { findVerified } from './verify-image.js';

const requirement = z.enum(['accept', 'reject', 'signed']);
const schema = z.strictObject({
  default: z.enum(['accept', 'reject']),
  rules: z.optional(
    z.array(
      z.strictObject({
        images: z.array(z.string()),
        require: requirement,
        keys: z.optional(z.array(z.string())),
      }),
    ),
  ),
});

type Policy = z.output<typeof schema>;

/**
 * Refuses an image that the policy file does not allow: `$GANTRY_CONFIG/policy.yaml`, /etc/gantry by default; without one
 * everything is allowed. The first rule whose globs fit `host/path` counts. Rejects: permission-denied, invalid-argument
 * (the file: a policy that cannot be read allows nothing).
 */
export async function checkPolicy(
  { settings: { env } }: Pick<RegistryClient, 'settings'>,
  { domain, path }: ImageReference,
  { digest, source }: { readonly digest: Digest; readonly source: RegistrySource },
): Promise<void> {
  const file = join(env['GANTRY_CONFIG'] || '/etc/gantry', 'policy.yaml');
  if (!existsSync(file)) return;
  const policy = readPolicy(file);
  const name = `${domain}/${path}`;
  const rule = policy.rules?.find(({ images }) => images.some((glob) => compileGlob(glob)(name)));
  const wanted = rule?.require ?? policy.default;
  if (wanted === 'accept') return;
  if (wanted === 'reject') throw refuse(file, name, 'it is not allowed');
  const keys = (rule?.keys ?? []).map((key) => readPublicKey(resolve(dirname(file), key)));
  if (keys.length === 0) throw refuse(file, name, 'the rule names no keys');
  const verified = await findVerified(source, digest, keys);
  if (verified.length === 0) throw refuse(file, name, `${digest} has no signature of the keys that are trusted`);
}

function refuse(file: string, name: string, reason: string): EngineError {
  return new EngineError('permission-denied', `the policy ${file} refuses ${name}: ${reason}`);
}

function readPolicy(file: string): Policy {
  try {
    const result = schema.safeParse(parse(readFileSync(file, 'utf8')));
    if (result.success) return result.data;
    const [issue] = result.error.issues;
    throw new Error(`${issue?.path.join('.') || 'the document'} is not what it must be`);
  } catch (cause) {
    const reason = messageOf(cause);
    throw new EngineError('invalid-argument', `cannot use the policy ${file}: ${reason}`, { cause });
  }
}
