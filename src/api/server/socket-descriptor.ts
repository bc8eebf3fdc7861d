/** The classes of Node that hold the descriptor of a connection; what encrypts, or is a stream of JavaScript's, has another. */
const HOLDERS: readonly unknown[] = ['Pipe', 'TCP'];

/**
 * The descriptor of a plain socket. Node has no public way to it: `_handle` is where its sockets have kept it since there are any. Nothing
 * where that is not what is expected.
 */
export function findDescriptor(socket: object): number | undefined {
  const handle = readProperty(socket, '_handle');
  if (!HOLDERS.includes(readProperty(readProperty(handle, 'constructor'), 'name'))) return undefined;
  const descriptor = readProperty(handle, 'fd');
  return typeof descriptor === 'number' && Number.isInteger(descriptor) && descriptor >= 0 ? descriptor : undefined;
}

function readProperty(target: unknown, name: string): unknown {
  const isObject = (typeof target === 'object' && target !== null) || typeof target === 'function';
  return isObject ? Reflect.get(target, name) : undefined;
}
