import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  IMAGE_SORT_COLUMNS,
  LIST_NAMES,
  NETWORK_SORT_COLUMNS,
  SORT_COLUMNS,
  VOLUME_SORT_COLUMNS,
} from '../../../src/store/view-store.js';
import { createWorkspace } from '../../../src/store/workspace.js';
import { KEYMAP } from '../../../src/ui/keymap.js';
import { COLUMN_NAMES, COLUMN_SORTS, chosenColumns, columnName } from '../../../src/ui/rows/column-names.js';
import { containerColumns } from '../../../src/ui/rows/container-columns.js';
import { imageColumns } from '../../../src/ui/rows/image-columns.js';
import { createSessionsStore } from '../../../src/ui/sessions/sessions-store.js';
import { selectGlyphs } from '../../../src/ui/terminal/glyphs.js';
import { createTheme } from '../../../src/ui/terminal/theme.js';
import { FakeEngine } from '../../support/fake-engine.js';

test('every column of a list can be chosen by its name, and the first one stays', (t) => {
  const stop = new AbortController();
  t.after(() => stop.abort());
  const workspace = createWorkspace(new FakeEngine(), stop.signal);
  const context = {
    workspace,
    theme: createTheme('plain'),
    glyphs: selectGlyphs({}),
    bindings: KEYMAP,
    sessions: createSessionsStore(0),
    now: Date.now,
  };
  const containers = containerColumns(context, 80);
  assert.deepEqual(containers.map(columnName), COLUMN_NAMES.containers);
  const images = imageColumns(context);
  assert.deepEqual(images.map(columnName), COLUMN_NAMES.images);
  assert.deepEqual(chosenColumns(images, ['IMAGE', 'SHARED', 'ID']).map(columnName), [
    'IMAGE',
    'SIZE',
    'UNIQUE',
    'CTR',
    'AGE',
  ]);
});

test('a list can be sorted by each of its columns', () => {
  const sorts = {
    containers: SORT_COLUMNS,
    images: IMAGE_SORT_COLUMNS,
    volumes: VOLUME_SORT_COLUMNS,
    networks: NETWORK_SORT_COLUMNS,
  };
  for (const list of LIST_NAMES) {
    const known: readonly string[] = sorts[list];
    for (const name of COLUMN_NAMES[list]) assert.ok(known.includes(COLUMN_SORTS[list][name] ?? ''), `${list} ${name}`);
    assert.deepEqual(Object.keys(COLUMN_SORTS[list]), COLUMN_NAMES[list]);
  }
});
