import type { EventSubject } from '../../model/events.js';
import type { Image } from '../../model/image.js';
import { formatFamiliarName, formatFamiliarReference, parseImageReference } from '../../model/image-reference.js';
import type { ImageParts } from './image-parts.js';

type ImageAction = Exclude<Extract<EventSubject, { type: 'image' }>['action'], 'pull' | 'push'>;

/** Tells of an image in Docker's attributes: its labels, and the name that it concerns or else its id. */
export function tellImage(
  { publish }: Pick<ImageParts, 'publish'>,
  action: ImageAction,
  { id, config }: Pick<Image, 'id' | 'config'>,
  name: string = id,
): void {
  publish({ type: 'image', action, id, attributes: { ...config.labels, name } });
}

/** Of what comes from or goes to a registry Docker tells the reference, and the repository as its name. */
export function tellTransfer(
  { publish }: Pick<ImageParts, 'publish'>,
  action: 'pull' | 'push',
  { config }: Pick<Image, 'config'>,
  reference: string,
): void {
  const parsed = parseImageReference(reference);
  const attributes = { ...config.labels, name: formatFamiliarName(parsed) };
  publish({ type: 'image', action, id: formatFamiliarReference(parsed), attributes });
}
