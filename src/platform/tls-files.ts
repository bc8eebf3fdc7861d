import { readFileSync, statSync } from 'node:fs';
import { createSecureContext, type SecureContextOptions, type TlsOptions } from 'node:tls';
import { EngineError, messageOf } from '../model/errors.js';
import type { TlsFiles } from '../model/registry-options.js';

export interface Certificates {
  readonly options: TlsOptions;
  /** Calls back when the files have changed, until what it returns is called. */
  follow(onChange: (options: SecureContextOptions) => void): () => void;
}

const LOOK_MS = 10_000;

/** Reads certificate and key. Rejects: invalid-argument, naming the file. */
export function openCertificates(files: TlsFiles, warn: (message: string) => void): Certificates {
  const paths = [files.certificate, files.key, files.clientAuthority].filter((path) => path !== undefined);
  const stampOf = () => paths.map((path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0).join(' ');
  let stamp = stampOf();
  const options = readContext(files);
  return {
    options: { ...options, ...(files.clientAuthority && { requestCert: true, rejectUnauthorized: true }) },
    follow(onChange) {
      const timer = setInterval(() => {
        const found = stampOf();
        if (found === stamp) return;
        stamp = found;
        try {
          onChange(readContext(files));
        } catch (error) {
          warn(`${messageOf(error)}: the certificate of before is used on`);
        }
      }, LOOK_MS).unref();
      return () => clearInterval(timer);
    },
  };
}

function readContext({ certificate, key, clientAuthority }: TlsFiles): SecureContextOptions {
  const context = {
    cert: readPem(certificate),
    key: readPem(key),
    ...(clientAuthority && { ca: readPem(clientAuthority) }),
  };
  try {
    // Says whether the key is the certificate's.
    createSecureContext(context);
  } catch (cause) {
    const reason = messageOf(cause);
    throw new EngineError('invalid-argument', `cannot use ${certificate} with ${key}: ${reason}`, { cause });
  }
  return context;
}

function readPem(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const reason = messageOf(cause);
    throw new EngineError('invalid-argument', `cannot read ${path}: ${reason}`, { cause });
  }
}
