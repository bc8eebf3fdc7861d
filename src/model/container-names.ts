const ADJECTIVES = `
  amber bold brave breezy bright brisk calm candid careful cheerful clear clever coastal cosy crisp curious
  daring deep eager early easy fair fleet fresh gentle glad golden grand handy hardy honest humble keen
  kind level light lively lucky mellow merry mild misty modest nimble noble northern open patient plain
  polite proud quick quiet rapid ready rosy salty sandy silver smooth solid sound southern spry steady
  still stout sunny swift tidal tidy trim trusty warm wise windy
`
  .trim()
  .split(/\s+/);

const NOUNS = `
  anchor anvil barge basin bay beacon berth boom bosun bow bridge buoy cable canal cape cargo cleat cliff
  compass coral cove crane creek cutter davit delta derrick dinghy dock dune ferry fjord galley gangway
  girder gull harbour hatch haven hawser helm heron hoist hull island jetty keel ketch lagoon lantern lever
  lock mast mooring oar osprey otter pelican pier pilot pulley quay reef rigging rudder sail schooner shoal
  sloop spar strait tern tide tiller trawler tug wharf winch windlass yard
`
  .trim()
  .split(/\s+/);

/**
 * A name such as `steady_crane` for a container that was given none. `pick(n)` returns a number from 0 to n - 1; from the
 * fourth attempt on a digit is added, as Docker does, so that names do not run out.
 */
export function makeContainerName(pick: (below: number) => number, attempt: number): string {
  const name = `${ADJECTIVES[pick(ADJECTIVES.length)]}_${NOUNS[pick(NOUNS.length)]}`;
  return attempt < 3 ? name : `${name}${pick(10)}`;
}

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/** Docker's rule: letters, digits, `_`, `.` and `-`, two or more, the first a letter or digit. */
export function isContainerName(text: string): boolean {
  return NAME.test(text);
}
