// Checks that the imports in src/ form no circle. Imports of types count.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../src', import.meta.url));

// `sources`: path without extension -> text. Returns the files of one circle, or an empty list.
function circleIn(sources) {
  const done = new Set();
  const visit = (file, path) => {
    const at = path.indexOf(file);
    if (at >= 0) return [...path.slice(at), file];
    if (done.has(file) || !sources.has(file)) return [];
    for (const { fileName } of ts.preProcessFile(sources.get(file)).importedFiles) {
      if (!fileName.startsWith('.')) continue;
      const circle = visit(join(dirname(file), fileName), [...path, file]);
      if (circle.length > 0) return circle;
    }
    done.add(file);
    return [];
  };
  for (const file of sources.keys()) {
    const circle = visit(file, []);
    if (circle.length > 0) return circle;
  }
  return [];
}

function sourcesIn(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sourcesIn(path);
    return /\.tsx?$/.test(path) ? [[path.replace(/\.tsx?$/, ''), readFileSync(join(root, path), 'utf8')]] : [];
  });
}

test('no import circle', () => {
  const sources = new Map(sourcesIn('.'));
  assert.ok(sources.has('chat/session') && sources.has('wire/main'));
  assert.deepEqual(circleIn(sources), []);
});

test('a planted circle is found, through a type and a re-export', () => {
  const sources = new Map(sourcesIn('.'));
  sources.set('irc/line', "import type { Session } from '../chat/session';");
  assert.ok(circleIn(sources).includes('irc/line'));
  const small = new Map([['a', "export { x } from './b/c';"], ['b/c', "import '../a';"], ['d', "import './a';"]]);
  assert.deepEqual(circleIn(small), ['a', 'b/c', 'a']);
});
