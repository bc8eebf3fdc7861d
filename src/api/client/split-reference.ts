import { formatFamiliarName, type ImageReference } from '../../model/image-reference.js';

/** A reference as Docker's API takes it in two parameters; a digest is its tag. */
export function splitReference(reference: ImageReference): { readonly name: string; readonly tag: string } {
  const { tag, digest } = reference;
  return { name: formatFamiliarName(reference), tag: digest ?? tag ?? 'latest' };
}
