import { BlockList, isIP } from 'node:net';

/**
 * The proxy for an address, by HTTPS_PROXY or HTTP_PROXY and NO_PROXY in either case, as Go's net/http has it: loopback never
 * goes through one; NO_PROXY lists names (with what is below them), `.name` (only that), addresses, CIDR ranges, each with a
 * port or without, or `*`.
 */
export function findProxy(url: URL, env: Readonly<Record<string, string | undefined>>): string | undefined {
  const name = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const proxy = env[name] || env[name.toLowerCase()] || '';
  if (proxy === '') return undefined;
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  if (host === 'localhost' || isInRange(host, '127.0.0.0/8') || host === '::1') return undefined;
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  const exceptions = (env['NO_PROXY'] || env['no_proxy'] || '')
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean);
  if (exceptions.some((rule) => isExcepted(rule, host, port))) return undefined;
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}

function isExcepted(rule: string, host: string, port: string): boolean {
  if (rule === '*') return true;
  if (rule.includes('/')) return isInRange(host, rule);
  const withPort = /^(\[.*\]|[^:]*):(\d+)$/.exec(rule);
  if (withPort?.[2] !== undefined && withPort[2] !== port) return false;
  const name = (withPort?.[1] ?? rule).replace(/^\[(.*)\]$/, '$1');
  if (isIP(host) !== 0) return name === host;
  const domain = name.replace(/^\*?\./, '');
  return host.endsWith(`.${domain}`) || (host === domain && !/^\*?\./.test(name));
}

function isInRange(host: string, range: string): boolean {
  const [address = '', bits = ''] = range.split('/');
  const family = isIP(host);
  if (family === 0 || isIP(address) !== family || !/^\d+$/.test(bits)) return false;
  const list = new BlockList();
  list.addSubnet(address, Number(bits), family === 6 ? 'ipv6' : 'ipv4');
  return list.check(host, family === 6 ? 'ipv6' : 'ipv4');
}
