import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf, OCI_INDEX, OCI_MANIFEST, openRegistry, pushBlob, pushImage } from '../support/registry.js';

// OCI distribution-spec 1.1, the workflow "Content Discovery". A title begins with the section that asks for it.

const TAGS = ['V2', 'a', 'b', 'v1', 'v10', 'v2'];

test('Listing Tags, end-8a: all of them, in the order of their bytes', async (t) => {
  const world = await openRegistry(t);
  for (const tag of TAGS.toReversed()) await pushImage(world, tag);
  const { status, headers, json } = await world.send('GET', `/v2/${world.repository}/tags/list`);
  assert.equal(status, 200);
  assert.match(String(headers['content-type']), /^application\/json/);
  assert.deepEqual(json(), { name: world.repository, tags: TAGS });
});

test('Listing Tags, end-8b: n and last; Link leads to the end', async (t) => {
  const world = await openRegistry(t);
  for (const tag of TAGS) await pushImage(world, tag);
  const base = `/v2/${world.repository}/tags/list`;
  const get = async (query: string) => (await world.send('GET', `${base}?${query}`)).json().tags;
  assert.deepEqual(await get('n=2'), TAGS.slice(0, 2));
  assert.deepEqual(await get('n=2&last=a'), ['b', 'v1']);
  assert.deepEqual(await get('last=v1'), ['v10', 'v2']);
  assert.deepEqual(await get('n=100'), TAGS);
  assert.deepEqual(await get('n=3&last=zzz'), []);
  const seen: string[] = [];
  for (let next: string | undefined = `${base}?n=4`; next !== undefined; ) {
    const answer = await world.send('GET', next);
    seen.push(...answer.json().tags);
    next = /^<([^>]+)>; rel="next"$/.exec(String(answer.headers['link'] ?? ''))?.[1];
  }
  assert.deepEqual(seen, TAGS);
});

test('Listing Tags: n=0 is an empty list without a Link', async (t) => {
  const world = await openRegistry(t);
  await pushImage(world, 'one');
  const { status, headers, json } = await world.send('GET', `/v2/${world.repository}/tags/list?n=0`);
  assert.deepEqual([status, json().tags, headers['link']], [200, [], undefined]);
});

test('Listing Tags: an unknown repository is 404 NAME_UNKNOWN; an n that is no number is 400', async (t) => {
  const world = await openRegistry(t);
  const unknown = await world.send('GET', `/v2/${world.repository}/tags/list`);
  assert.deepEqual([unknown.status, unknown.codes()], [404, ['NAME_UNKNOWN']]);
  await pushImage(world, 'one');
  for (const n of ['-1', 'x', '1.5']) {
    assert.equal((await world.send('GET', `/v2/${world.repository}/tags/list?n=${n}`)).status, 400);
  }
});

test('Listing Referrers, end-12a: an index of what has the subject, with artifactType and annotations', async (t) => {
  const world = await openRegistry(t);
  const image = await pushImage(world, 'one');
  const subject = { mediaType: OCI_MANIFEST, digest: image.digest, size: image.text.length };
  const annotations = { 'org.example.format': 'json' };
  const own = await pushImage(world, '', {
    additions: { subject, annotations, artifactType: 'application/vnd.example.own' },
  });
  const byConfig = await pushImage(world, '', { additions: { subject } });
  const { status, headers, json } = await world.send('GET', `/v2/${world.repository}/referrers/${image.digest}`);
  assert.equal(status, 200);
  assert.equal(headers['content-type'], OCI_INDEX);
  const { manifests, ...index } = json();
  assert.deepEqual(index, { schemaVersion: 2, mediaType: OCI_INDEX });
  const expected = [
    {
      ...{ mediaType: OCI_MANIFEST, digest: own.digest, size: own.text.length },
      ...{ artifactType: 'application/vnd.example.own', annotations },
    },
    {
      ...{ mediaType: OCI_MANIFEST, digest: byConfig.digest, size: byConfig.text.length },
      artifactType: 'application/vnd.oci.image.config.v1+json',
    },
  ];
  const byDigest = (a: { digest: string }, b: { digest: string }) => (a.digest < b.digest ? -1 : 1);
  assert.deepEqual(manifests.toSorted(byDigest), expected.toSorted(byDigest));
});

test('Listing Referrers: an index has the artifactType that it says, or none', async (t) => {
  const world = await openRegistry(t);
  const image = await pushImage(world, 'one');
  const subject = { mediaType: OCI_MANIFEST, digest: image.digest, size: image.text.length };
  const types: unknown[] = [];
  for (const artifactType of ['application/vnd.example.list', undefined]) {
    const body = JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, artifactType, manifests: [], subject });
    const path = `/v2/${world.repository}/manifests/${digestOf(body)}`;
    const put = await world.send('PUT', path, { headers: { 'Content-Type': OCI_INDEX }, body });
    assert.equal(put.headers['oci-subject'], image.digest);
    const { manifests } = (await world.send('GET', `/v2/${world.repository}/referrers/${image.digest}`)).json();
    types.push(manifests.find(({ digest }: { digest: string }) => digest === digestOf(body)).artifactType);
  }
  assert.deepEqual(types, ['application/vnd.example.list', undefined]);
});

test('Listing Referrers, end-12b: artifactType filters, and OCI-Filters-Applied says so', async (t) => {
  const world = await openRegistry(t);
  const image = await pushImage(world, 'one');
  const subject = { mediaType: OCI_MANIFEST, digest: image.digest, size: image.text.length };
  const sbom = await pushImage(world, '', {
    additions: { subject, artifactType: 'application/vnd.example.sbom.v1+json' },
  });
  await pushImage(world, '', { additions: { subject, artifactType: 'application/vnd.example.signature' } });
  const type = encodeURIComponent('application/vnd.example.sbom.v1+json');
  const answer = await world.send('GET', `/v2/${world.repository}/referrers/${image.digest}?artifactType=${type}`);
  assert.equal(answer.headers['oci-filters-applied'], 'artifactType');
  assert.deepEqual(
    answer.json().manifests.map(({ digest }: { digest: string }) => digest),
    [sbom.digest],
  );
});

test('Listing Referrers: none is an empty index and never 404; a digest that is none is 400', async (t) => {
  const world = await openRegistry(t);
  const none = await world.send('GET', `/v2/${world.repository}/referrers/${digestOf('x')}`);
  assert.deepEqual([none.status, none.json().manifests, none.headers['content-type']], [200, [], OCI_INDEX]);
  assert.equal((await world.send('GET', `/v2/${world.repository}/referrers/sha256:bad`)).status, 400);
});

test('Listing Referrers: what was pushed before its subject is listed, and what is deleted is not', async (t) => {
  const world = await openRegistry(t);
  const text = JSON.stringify({ late: true });
  const subject = { mediaType: OCI_MANIFEST, digest: digestOf(text), size: text.length };
  const early = await pushImage(world, '', { additions: { subject } });
  const list = async () =>
    (await world.send('GET', `/v2/${world.repository}/referrers/${subject.digest}`)).json().manifests;
  assert.deepEqual((await list()).length, 1);
  await world.send('DELETE', `/v2/${world.repository}/manifests/${early.digest}`);
  assert.deepEqual(await list(), []);
});

test('Listing Referrers: a long list comes in pages with a Link', async (t) => {
  const world = await openRegistry(t, { idleMs: 60_000 });
  const image = await pushImage(world, 'one');
  const subject = { mediaType: OCI_MANIFEST, digest: image.digest, size: image.text.length };
  for (let count = 0; count < 5; count++) await pushImage(world, '', { additions: { subject } });
  const seen = new Set<string>();
  let pages = 0;
  for (
    let next: string | undefined = `/v2/${world.repository}/referrers/${image.digest}?n=2`;
    next !== undefined;
    pages++
  ) {
    const answer = await world.send('GET', next);
    for (const { digest } of answer.json().manifests) seen.add(digest);
    next = /^<([^>]+)>; rel="next"$/.exec(String(answer.headers['link'] ?? ''))?.[1];
  }
  assert.deepEqual([pages, seen.size], [3, 5]);
});

test("Docker's _catalog: repositories in order, with n, last and Link", async (t) => {
  const world = await openRegistry(t, { idleMs: 60_000 });
  for (const repository of ['b', 'a/x', 'c']) await pushImage(world, 'one', { repository });
  await pushBlob(world, 'no manifest', 'd');
  assert.deepEqual((await world.send('GET', '/v2/_catalog')).json(), { repositories: ['a/x', 'b', 'c'] });
  const first = await world.send('GET', '/v2/_catalog?n=2');
  assert.deepEqual(first.json().repositories, ['a/x', 'b']);
  assert.equal(first.headers['link'], '</v2/_catalog?n=2&last=b>; rel="next"');
  assert.deepEqual((await world.send('GET', '/v2/_catalog?n=2&last=b')).json().repositories, ['c']);
});
