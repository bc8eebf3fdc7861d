/** Go's zero time: what Docker's JSON has where something has not happened. */
export const ZERO_TIME = '0001-01-01T00:00:00Z';

/** The same in seconds since 1970, for the fields of Docker's JSON that are numbers. */
export const ZERO_TIME_SECONDS = -62_135_596_800;

/** RFC 3339 in UTC with the digits that are needed, as Go's RFC3339Nano; `atMs` 0 is Go's zero time. */
export function toWireTime(atMs: number): string {
  if (atMs === 0) {
    return ZERO_TIME;
  }
  const whole = Math.floor(atMs);
  const base = new Date(whole).toISOString().slice(0, -'.000Z'.length);
  const nanos = String(Math.floor(atMs % 1000) * 1_000_000 + Math.round((atMs - whole) * 1_000_000));
  const digits = nanos.padStart(9, '0').replace(/0+$/, '');
  return digits === '' ? `${base}Z` : `${base}.${digits}Z`;
}

/** The other direction, ms since 1970 with their decimals; 0 for Go's zero time, and for what is no time. */
export function fromWireTime(text: string): number {
  const [, head = '', decimals = '', zone = ''] = /^(.{19})(?:\.(\d+))?(Z|[+-]\d{2}:\d{2})$/.exec(text) ?? [];
  const seconds = Date.parse(`${head}${zone}`);
  if (Number.isNaN(seconds) || seconds <= ZERO_TIME_SECONDS * 1000) return 0;
  return seconds + Number(`0.${decimals || '0'}`) * 1000;
}
