/** A path of an image. Names have slashes, which stay: Docker's paths are matched from their end. */
export function imagePath(ref: string, verb = ''): string {
  const name = ref.split('/').map(encodeURIComponent).join('/');
  return `/images/${name}${verb === '' ? '' : `/${verb}`}`;
}
