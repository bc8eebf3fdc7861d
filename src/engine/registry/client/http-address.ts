/** What somebody else gave as an address, maybe relative to `base`: undefined unless it is http or https without a login. */
export function parseHttpAddress(text: string, base?: URL): URL | undefined {
  const url = URL.parse(text, base?.href) ?? undefined;
  const isSafe = url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
  return isSafe ? url : undefined;
}

/** True where a client that came over TLS would go on without. */
export function losesTls(from: URL, to: URL): boolean {
  return from.protocol === 'https:' && to.protocol === 'http:';
}
