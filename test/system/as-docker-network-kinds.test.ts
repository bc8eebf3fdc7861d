import { compareWithDocker } from '../support/compare-with-docker.js';
import { NETWORK_KINDS } from '../support/network-scenarios.js';

compareWithDocker(NETWORK_KINDS, 0);
