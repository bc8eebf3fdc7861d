/** `<…>; rel="next"`, on the same host. RFC 8288 */
export function readNextPage(link: string, from: URL): URL | undefined {
  const target = /<([^>]*)>\s*;[^,]*rel="?next"?/i.exec(link)?.[1];
  if (target === undefined || !URL.canParse(target, from.href)) return undefined;
  const url = new URL(target, from);
  return url.origin === from.origin ? url : undefined;
}
