import type { RegistryService } from '../../src/engine/engine.js';
import { EngineError } from '../../src/model/errors.js';
import type { GivenCredentials, RegistryCredentials } from '../../src/model/registry.js';
import { digestOf } from './fake-images.js';

/** Registries where the password of everybody is `secret`, and every repository has one image. */
export class FakeRegistries implements RegistryService {
  readonly kept = new Map<string, string>();
  plainFile: string | undefined;

  login(server: string, credentials: RegistryCredentials): ReturnType<RegistryService['login']> {
    if (!isSecret(credentials)) return Promise.reject(refuse(server));
    this.kept.set(server, credentials.username);
    return Promise.resolve(this.plainFile === undefined ? {} : { plainFile: this.plainFile });
  }

  authenticate(server: string, credentials: GivenCredentials): Promise<undefined> {
    return isSecret(credentials) ? Promise.resolve(undefined) : Promise.reject(refuse(server));
  }

  checkLogin(server: string): Promise<string | undefined> {
    return Promise.resolve(this.kept.get(server));
  }

  logout(server: string): Promise<boolean> {
    return Promise.resolve(this.kept.delete(server));
  }

  search(term: string): ReturnType<RegistryService['search']> {
    const description = 'A tiny image with a long description,\nof more than 45 letters';
    return Promise.resolve([
      { name: term, description, stars: 12, isOfficial: true },
      { name: `some/${term}`, description: '', stars: 0, isOfficial: false },
    ]);
  }

  manifest(ref: string): ReturnType<RegistryService['manifest']> {
    const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(ref), size: 2 };
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, config, layers: [] }));
    const descriptor = {
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest: digestOf(bytes.toString()),
      size: bytes.length,
    };
    return Promise.resolve({ reference: `docker.io/library/${ref}@${descriptor.digest}`, descriptor, bytes });
  }

  async describe(ref: string): ReturnType<RegistryService['describe']> {
    const { descriptor } = await this.manifest(ref);
    return { descriptor, platforms: [{ os: 'linux', architecture: 'amd64' }] };
  }

  tags(): Promise<readonly string[]> {
    return Promise.resolve(['1', 'latest']);
  }
}

function isSecret(credentials: GivenCredentials): credentials is Extract<RegistryCredentials, { kind: 'password' }> {
  return credentials !== 'none' && credentials.kind === 'password' && credentials.password === 'secret';
}

function refuse(server: string): EngineError {
  return new EngineError('unauthorized', `Get "https://${server}/v2/": unauthorized: incorrect username or password`);
}
