import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { EngineError, messageOf } from '../../../model/errors.js';

/** Signs with ECDSA over P-256 and SHA-256; base64 of the DER form, as cosign writes it. */
export function signPayload(payload: Uint8Array, key: KeyObject): string {
  return sign('sha256', payload, key).toString('base64');
}

export function isSignedBy(payload: Uint8Array, signature: string, key: KeyObject): boolean {
  return verify('sha256', payload, key, Buffer.from(signature, 'base64'));
}

/** A private key in PEM (PKCS#8, also encrypted, or SEC 1). Rejects: invalid-argument. */
export function readPrivateKey(path: string, passphrase: string | undefined): KeyObject {
  const text = readPem(path);
  if (/BEGIN ENCRYPTED (SIGSTORE|COSIGN) PRIVATE KEY/.test(text)) {
    throw new EngineError(
      'invalid-argument',
      `${path} is encrypted in cosign's own way, which only cosign reads: use a key that openssl made (docs/registry.md)`,
    );
  }
  return checkCurve(
    path,
    attempt(path, () => createPrivateKey({ key: text, ...(passphrase === undefined ? {} : { passphrase }) })),
  );
}

/** A public key in PEM; cosign's `cosign.pub` is one. Rejects: invalid-argument. */
export function readPublicKey(path: string): KeyObject {
  const text = readPem(path);
  if (text.includes('PRIVATE KEY'))
    throw new EngineError('invalid-argument', `${path} is a private key, not a public one`);
  return checkCurve(
    path,
    attempt(path, () => createPublicKey(text)),
  );
}

function checkCurve(path: string, key: KeyObject): KeyObject {
  if (key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key;
  throw new EngineError('invalid-argument', `${path} is no ECDSA key over P-256`);
}

function readPem(path: string): string {
  return attempt(path, () => readFileSync(path, 'utf8'));
}

function attempt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const reason = messageOf(cause);
    throw new EngineError('invalid-argument', `cannot use the key ${path}: ${reason}`, { cause });
  }
}
