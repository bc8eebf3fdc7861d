import type { RegistryErrorCode } from '../../../model/registry-errors.js';

/** An answer that is an error. OCI distribution-spec, "Error Codes". */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  readonly status: number;
  readonly code: RegistryErrorCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: RegistryErrorCode,
    message: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** The body of an error's answer. */
export function formatErrorBody(code: RegistryErrorCode, message: string): string {
  return JSON.stringify({ errors: [{ code, message }] });
}
