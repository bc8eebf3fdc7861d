/** `a=b,c=d`, by name. */
export function formatLabels(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}

/** The method of `{{.Label "name"}}`. */
export function makeLabelReader(labels: Readonly<Record<string, string>>): (name: string) => string {
  return (name) => labels[name] ?? '';
}
