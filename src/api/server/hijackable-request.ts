import { IncomingMessage } from 'node:http';

/**
 * Requests of which some have their connection taken over although no header of theirs asks for it. Node's server takes a connection from
 * its parser, with all that has come behind the head, where the request's `upgrade` says so once its headers are there: the one way by
 * which what a client sends on the bare connection is not parsed as its next request.
 */
export function createHijackableRequest(hijacks: (request: IncomingMessage) => boolean): typeof IncomingMessage {
  return class HijackableRequest extends IncomingMessage {
    /** Asked after every part of a body too: decided once. */
    get upgrade(): boolean {
      const value = this.method === 'CONNECT' || hijacks(this);
      Object.defineProperty(this, 'upgrade', { value, writable: true });
      return value;
    }

    /** What its header alone says is of no interest, and comes before the path. */
    set upgrade(_: unknown) {}
  };
}

/** Whether its client waits for 101, after which both sides speak another protocol. RFC 9110, 7.8. */
export function asksForUpgrade({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return headers.upgrade !== undefined && /(^|,)\s*upgrade\s*(,|$)/i.test(headers.connection ?? '');
}
