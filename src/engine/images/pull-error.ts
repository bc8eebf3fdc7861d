import { EngineError } from '../../model/errors.js';
import { formatFamiliarName, formatFamiliarReference, type ImageReference } from '../../model/image-reference.js';
import { ResponseError } from '../registry/client/response-error.js';

/** What a registry refuses a pull with, in Docker's words. */
export function toPullError(error: unknown, reference: ImageReference): unknown {
  if (!(error instanceof ResponseError)) return error;
  const name = formatFamiliarName(reference);
  switch (error.entry?.code) {
    case 'DENIED':
      return deny(error, name);
    case 'MANIFEST_UNKNOWN':
      return notFound(error, `manifest for ${formatFamiliarReference(reference)} not found: ${error.message}`);
    case 'NAME_UNKNOWN':
      return deny(error, name);
    default:
      // Some registries say no more than 404.
      return error.status === 404
        ? notFound(error, `manifest for ${formatFamiliarReference(reference)} not found: manifest unknown`)
        : error;
  }
}

function deny(cause: ResponseError, name: string): EngineError {
  const text = `pull access denied for ${name}, repository does not exist or may require 'docker login': ${cause.message}`;
  return notFound(cause, text);
}

function notFound(cause: ResponseError, message: string): EngineError {
  return new EngineError('not-found', message, { cause });
}
