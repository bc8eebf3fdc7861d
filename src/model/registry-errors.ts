import { toList, toObject, toText } from './json-values.js';

/** OCI distribution-spec, "Error Codes", and the two that Docker's registries add. */
export type RegistryErrorCode =
  | 'BLOB_UNKNOWN'
  | 'BLOB_UPLOAD_INVALID'
  | 'BLOB_UPLOAD_UNKNOWN'
  | 'DIGEST_INVALID'
  | 'MANIFEST_BLOB_UNKNOWN'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'NAME_INVALID'
  | 'NAME_UNKNOWN'
  | 'SIZE_INVALID'
  | 'UNAUTHORIZED'
  | 'DENIED'
  | 'UNSUPPORTED'
  | 'TOOMANYREQUESTS'
  | 'TAG_INVALID'
  | 'RANGE_INVALID'
  | 'UNKNOWN';

/** One entry of `{"errors": [...]}`, the body of a registry's failures. Registries send codes of their own too. */
export interface RegistryErrorEntry {
  readonly code: RegistryErrorCode | (string & Record<never, never>);
  readonly message: string;
}

/** The entries of an error's body; none where it is something else. */
export function parseRegistryErrors(body: unknown): readonly RegistryErrorEntry[] {
  return toList(toObject(body)['errors']).map((entry) => {
    const { code, message } = toObject(entry);
    return { code: toText(code), message: toText(message) };
  });
}

/** As Docker prints it: the code as words, and what the registry says. */
export function formatRegistryError({ code, message }: RegistryErrorEntry): string {
  const words = code.toLowerCase().replaceAll('_', ' ');
  return message === '' ? words : `${words}: ${message}`;
}
