import type { EventSubject } from '../../model/events.js';
import type { Image } from '../../model/image.js';
import type { ImageParts } from './image-parts.js';

type ImageAction = Extract<EventSubject, { type: 'image' }>['action'];

/** Tells of an image in Docker's attributes: its labels, and the name that it concerns or else its id. */
export function tellImage(
  { publish }: Pick<ImageParts, 'publish'>,
  action: ImageAction,
  { id, config }: Pick<Image, 'id' | 'config'>,
  name: string = id,
): void {
  publish({ type: 'image', action, id, attributes: { ...config.labels, name } });
}
