/**
 * A DNS server at port 53 of the address that it is given: names that end with `.example.test` have one address, all others none.
 */
import { createSocket } from 'node:dgram';
import { CODE, decodeMessage, encodeAnswer, TYPE } from '../dns-messages.js';

const [, , address] = process.argv;
const socket = createSocket('udp4');
socket.on('message', (query, from) => {
  const { question } = decodeMessage(query);
  const isKnown = question?.name.endsWith('.example.test') ?? false;
  const addresses = isKnown && question?.type === TYPE.A ? ['192.0.2.53'] : [];
  socket.send(encodeAnswer(query, addresses, isKnown ? CODE.ok : CODE.noSuchName), from.port, from.address);
});
socket.bind(53, address);
