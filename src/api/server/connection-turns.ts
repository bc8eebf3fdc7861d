import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** Requests that may wait on one connection for the answers to those before them. No client of Docker sends any so. */
const WAITING_MAX = 100;

/** The requests of each connection, which are done one after the other, as their answers go. RFC 9112, 9.3.2 */
export interface ConnectionTurns {
  /** Does the work when that of the requests before is done. `work` never rejects. Too many that wait end the connection. */
  take(connection: Duplex, response: ServerResponse, work: () => Promise<void>): void;
  /** An answer has begun there and has not ended. */
  hasBegun(connection: Duplex): boolean;
}

interface Turn {
  /** Those under way and those that wait. */
  count: number;
  response: ServerResponse;
  last: Promise<void>;
}

export function createTurns(): ConnectionTurns {
  const turns = new WeakMap<Duplex, Turn>();
  return {
    take: (connection, response, work) => {
      const turn = turns.get(connection) ?? { count: 0, response, last: Promise.resolve() };
      turns.set(connection, turn);
      if (turn.count > WAITING_MAX) {
        connection.destroy();
        return;
      }
      const run = async (): Promise<void> => {
        turn.response = response;
        if (!connection.destroyed) await work();
        turn.count--;
      };
      turn.last = turn.count++ === 0 ? run() : turn.last.then(run);
    },
    hasBegun: (connection) => {
      const response = turns.get(connection)?.response;
      return response?.headersSent === true && !response.writableFinished;
    },
  };
}
