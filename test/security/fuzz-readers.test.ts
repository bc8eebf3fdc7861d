import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { CliError } from '../../src/cli/cli-error.js';
import { compileTemplate } from '../../src/cli/format/template.js';
import { TemplateError } from '../../src/cli/format/template-lexer.js';
import { parseJournalLine } from '../../src/engine/containers/journal-lines.js';
import { readLog } from '../../src/engine/containers/read-log.js';
import { decompress } from '../../src/engine/content/decompress.js';
import { guardExpansion } from '../../src/engine/content/expansion-guard.js';
import { parseImageConfig } from '../../src/engine/images/image-config.js';
import { compileSeccomp } from '../../src/engine/isolation/seccomp-bpf.js';
import { parseSeccompProfile } from '../../src/engine/isolation/seccomp-profile.js';
import { resolveUser } from '../../src/engine/isolation/users.js';
import { parseChallenges } from '../../src/engine/registry/client/auth-challenge.js';
import { readNextPage } from '../../src/engine/registry/client/next-page.js';
import { parseDetachKeys } from '../../src/model/detach-keys.js';
import { parseDurationMs } from '../../src/model/durations.js';
import { EngineError } from '../../src/model/errors.js';
import { compileGlob } from '../../src/model/glob.js';
import { parseImageReference } from '../../src/model/image-reference.js';
import { parseCidr, parseIpAddress } from '../../src/model/ip-address.js';
import { normalizeMacAddress } from '../../src/model/mac-address.js';
import { parseManifest } from '../../src/model/manifest.js';
import { parseMountOption } from '../../src/model/mount-option.js';
import { parseTime } from '../../src/model/parse-time.js';
import { parsePlatform } from '../../src/model/platform.js';
import { parseRemoteEndpoint } from '../../src/model/remote-endpoint.js';
import { parseExposedPorts, parsePublishedPorts } from '../../src/model/run-ports.js';
import { parseSignal } from '../../src/model/signals.js';
import { parseBytes } from '../../src/model/units.js';
import { TarReader } from '../../src/platform/tar/tar-reader.js';
import { bytesOf, fuzz, jsonOf, readCorpus } from '../support/fuzz.js';
import { mutateBytes } from '../support/mutate.js';
import { streamOf } from '../support/tar-fixtures.js';

const PLAIN_MAX = 64 << 20;

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-fuzz-'));
});
after(() => rmSync(folder, { recursive: true }));

/** The corpus and all of its lines, which texts are made of. */
function linesOf(name: string): readonly Buffer[] {
  return readCorpus(name).flatMap((bytes) =>
    bytes
      .toString()
      .split('\n')
      .filter(Boolean)
      .map((line) => Buffer.from(line)),
  );
}

const [ARCHIVES, LOGS] = [readCorpus('tar'), readCorpus('log')];

test('the reader of archives refuses or reads whatever it is given', (t) =>
  fuzz(t, {
    rounds: 1000,
    first: ARCHIVES.map((bytes) => ({ bytes, part: 512 })),
    make: (random) => ({ bytes: mutateBytes(random, ARCHIVES), part: 1 + random(2000) }),
    run({ bytes, part }) {
      let [entries, content] = [0, 0];
      const reader = new TarReader({
        entry: ({ path, target, kind }) => {
          entries++;
          // What a layer is made of stays below it.
          assert.ok(!path.split('/').includes('..') && !path.startsWith('/') && !path.includes('\0'), path);
          if (kind === 'hardlink') assert.ok(!target.split('/').includes('..') && !target.startsWith('/'), target);
        },
        content: (chunk) => {
          content += chunk.length;
        },
      });
      for (let at = 0; at < bytes.length; at += part) reader.push(bytes.subarray(at, at + part));
      reader.finish();
      assert.ok(entries <= bytes.length / 512 && content <= bytes.length);
    },
  }));

test('the reader of what is compressed refuses or reads whatever it is given, and no bomb', (t) => {
  const corpus = ARCHIVES.flatMap((bytes) => [
    gzipSync(bytes),
    zstdCompressSync(bytes),
    Buffer.concat([gzipSync(bytes), gzipSync('x')]),
    Buffer.concat([zstdCompressSync(bytes), Buffer.from('502a4d1804000000abcd', 'hex'), zstdCompressSync('y')]),
  ]);
  return fuzz(t, {
    rounds: 250,
    ...bytesOf(corpus),
    async run(bytes) {
      const guard = guardExpansion(streamOf(bytes, 700));
      let plainBytes = 0;
      for await (const part of decompress(guard.source)) {
        plainBytes += part.length;
        guard.check(plainBytes);
        assert.ok(plainBytes < PLAIN_MAX);
      }
    },
  });
});

test('the readers of manifests, indexes and image configs refuse or read whatever they are given', async (t) => {
  const types = [
    undefined,
    '',
    'text/html',
    'application/vnd.oci.image.index.v1+json',
    'application/vnd.docker.distribution.manifest.v2+json',
  ];
  const manifests = jsonOf(readCorpus('manifest'));
  await fuzz(t, {
    rounds: 250,
    first: readCorpus('manifest').map((bytes) => ({ bytes, type: undefined })),
    make: (random) => ({ bytes: manifests.make(random), type: types[random(types.length)] }),
    run: ({ bytes, type }) => parseManifest(bytes, type),
  });
  await fuzz(t, { rounds: 250, ...jsonOf(readCorpus('image-config')), run: parseImageConfig });
});

test('the reader of seccomp profiles refuses or compiles whatever it is given', (t) =>
  fuzz(t, {
    rounds: 150,
    ...jsonOf(readCorpus('seccomp-profile')),
    run(bytes) {
      const target = { capabilities: new Set(['SYS_ADMIN']), architecture: 'x64', kernel: [6, 1] } as const;
      const program = compileSeccomp(parseSeccompProfile(bytes.toString(), target));
      assert.ok(program.length % 8 === 0 && program.length <= 4096 * 8);
    },
  }));

test('the readers of journals and logs pass over what is none of theirs', async (t) => {
  let refused = 0;
  const refuse = () => {
    refused++;
    throw new EngineError('invalid-argument', 'no line');
  };
  await fuzz(t, {
    rounds: 1000,
    ...bytesOf(readCorpus('journal')),
    run: (bytes) => parseJournalLine(bytes.toString()) ?? refuse(),
  });
  const path = join(folder, 'x-json.log');
  await fuzz(t, {
    rounds: 150,
    make: (random) => ({
      bytes: mutateBytes(random, LOGS),
      tailLines: random(3) === 0 ? random(4) : undefined,
    }),
    async run({ bytes, tailLines }) {
      writeFileSync(path, bytes);
      const source = { path, isWritten: () => false, onChange: () => () => undefined };
      let entries = 0;
      for await (const { text } of readLog(source, tailLines === undefined ? {} : { tailLines })) {
        entries++;
        assert.ok(text.length <= bytes.length);
      }
      if (entries === 0) refuse();
    },
  });
  assert.ok(refused > 0);
});

const TEXT_READERS: Readonly<Record<string, (text: string) => unknown>> = {
  'image references': parseImageReference,
  addresses: (text) => [parseIpAddress(text), parseCidr(text), normalizeMacAddress(text)],
  'published ports': parsePublishedPorts,
  'exposed ports': parseExposedPorts,
  mounts: parseMountOption,
  sizes: parseBytes,
  durations: parseDurationMs,
  moments: (text) => parseTime(text, 0),
  globs: (text) => compileGlob(text)('a/b/c'.repeat(20)),
  formats: (text) => compileTemplate(text).execute({ X: ['a', 'b'], A: { B: ['c'] }, C: 1 }),
  endpoints: (text) => parseRemoteEndpoint(text),
  'detach keys': parseDetachKeys,
  signals: parseSignal,
  platforms: parsePlatform,
  challenges: parseChallenges,
  'next pages': (text) => readNextPage(text, new URL('https://registry.example.test/v2/')),
  users: (text) => resolveUser(text.split('\n', 1)[0] ?? '', [], { passwd: text, group: text }),
};

test('the readers of texts refuse or read whatever they are given', (t) => {
  const corpus = [...linesOf('text'), ...linesOf('challenge')];
  const readers = Object.keys(TEXT_READERS);
  return fuzz(t, {
    rounds: 3000,
    first: corpus.flatMap((bytes) => readers.map((reader) => ({ reader, text: bytes.toString() }))),
    make: (random) => ({ reader: readers[random(readers.length)] ?? '', text: mutateBytes(random, corpus).toString() }),
    run: ({ reader, text }) => TEXT_READERS[reader]?.(text),
    isRefusal: (error) => error instanceof TemplateError || error instanceof CliError,
  });
});
