type WantedLabels = Readonly<Record<string, string | undefined>>;
type Labels = Readonly<Record<string, string>>;

/** True if each wanted label is there, with its value where one is given. */
export function hasLabels(labels: Labels = {}, wanted: WantedLabels = {}): boolean {
  return Object.entries(wanted).every(([name, value]) => hasLabel(labels, name, value));
}

/** Docker's `label` and `label!` of prune: each of the one, none of the other. */
export function fitsLabelFilter(
  labels: Labels = {},
  { labels: wanted, withoutLabels = {} }: { readonly labels?: WantedLabels; readonly withoutLabels?: WantedLabels },
): boolean {
  const hasUnwanted = Object.entries(withoutLabels).some(([name, value]) => hasLabel(labels, name, value));
  return hasLabels(labels, wanted) && !hasUnwanted;
}

function hasLabel(labels: Labels, name: string, value: string | undefined): boolean {
  return Object.hasOwn(labels, name) && (value === undefined || labels[name] === value);
}
