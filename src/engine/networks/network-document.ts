import type { Network } from '../../model/network.js';

/** A row's document as a network. Throws where it is none: then the state database is broken. */
export function parseNetworkDocument(document: unknown): Network {
  if (!isNetwork(document)) throw new Error('the state database holds a network that is none');
  return document;
}

function isNetwork(value: unknown): value is Network {
  if (typeof value !== 'object' || value === null) return false;
  const { id, name, driver, pools, options, labels }: Partial<Record<keyof Network, unknown>> = value;
  const texts = [id, name, driver];
  const objects = [options, labels];
  return (
    texts.every((text) => typeof text === 'string') &&
    Array.isArray(pools) &&
    objects.every((object) => typeof object === 'object' && object !== null)
  );
}
