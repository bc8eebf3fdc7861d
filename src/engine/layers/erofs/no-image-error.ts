/** A layer has what an image cannot tell, and a folder can. */
export class NoImageError extends Error {
  override readonly name = 'NoImageError';
}
