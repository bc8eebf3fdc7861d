import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod/mini';
import { EngineError, messageOf } from '../../model/errors.js';
import { FIREWALL_BACKENDS } from '../../model/firewall-backend.js';
import { parseJson } from '../../model/json-values.js';
import { parseMirror } from '../../model/registry-address.js';
import { LOG_FORMATS, LOG_LEVELS } from './daemon-log.js';

const text = z.optional(z.string());
const flag = z.optional(z.boolean());
const texts = z.optional(z.array(z.string()));
const positive = z.optional(z.int().check(z.positive()));

/** The keys of Docker's daemon.json that Gantry has, and one of its own. Those that can be read anew are in daemon-settings.ts. */
const DOCUMENT = z.strictObject({
  'data-root': text,
  debug: flag,
  'exec-root': text,
  'firewall-backend': z.optional(z.enum(FIREWALL_BACKENDS)),
  group: text,
  hosts: texts,
  'insecure-registries': texts,
  labels: z.optional(z.array(z.string().check(z.regex(/^[^=]+=/, 'bad attribute format: a label is KEY=VALUE')))),
  'log-format': z.optional(z.enum(LOG_FORMATS)),
  'log-level': z.optional(z.enum(LOG_LEVELS)),
  'max-concurrent-downloads': positive,
  'max-concurrent-uploads': positive,
  'max-download-attempts': positive,
  pidfile: text,
  'registry-mirrors': z.optional(z.array(z.string().check(z.refine(isMirror, 'it is no http or https address')))),
  'storage-driver': text,
  tls: flag,
  tlscacert: text,
  tlscert: text,
  tlskey: text,
  tlsverify: flag,
  'upload-chunk-size': positive,
  'userns-remap': text,
});

/** A daemon.json as it stands. */
export type DaemonFile = Readonly<z.infer<typeof DOCUMENT>>;
export type DaemonKey = keyof DaemonFile;

/** Where it is looked for when nobody names one. */
export function defaultDaemonFile(env: Readonly<Record<string, string | undefined>>): string {
  return join(env['GANTRY_CONFIG'] || '/etc/gantry', 'daemon.json');
}

/** Undefined where there is none. Throws invalid-argument, in Docker's words where it has some. */
export function readDaemonFile(path: string): DaemonFile | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw refuse(path, messageOf(cause), cause);
  }
  if (bytes.toString().trim() === '') return {};
  const found = DOCUMENT.safeParse(parseDocument(path, bytes));
  if (found.success) return found.data;
  throw refuse(path, found.error.issues.map(describeIssue).join('; '));
}

/** What is wrong with the daemon's settings, in the file at `path` or beside it. */
export function refuse(path: string, reason: string, cause?: unknown): EngineError {
  return new EngineError('invalid-argument', `unable to configure the daemon with file ${path}: ${reason}`, { cause });
}

function parseDocument(path: string, bytes: Buffer): unknown {
  try {
    return parseJson(bytes, 'the file');
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    throw refuse(path, `${messageOf(error)}: ${messageOf(cause)}`, cause);
  }
}

function describeIssue(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') {
    return `the following directives don't match any configuration option: ${issue.keys.join(', ')}`;
  }
  const place = issue.path.length === 0 ? 'the file' : issue.path.join('.');
  return `${place}: ${describeValue(issue)}`;
}

function describeValue(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `it must be ${WORDS[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `use ${issue.values.join(', ')}`;
    case 'too_small':
      return 'it must be above 0';
    default:
      return issue.message;
  }
}

const WORDS: Readonly<Record<string, string>> = {
  ...{ array: 'a list', boolean: 'true or false', int: 'a whole number', number: 'a number' },
  ...{ object: 'an object', string: 'a text' },
};

function isMirror(address: string): boolean {
  try {
    return parseMirror(address) !== '';
  } catch {
    // The schema says what is wrong.
    return false;
  }
}
