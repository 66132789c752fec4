// Prints the compressed size of each page with all its files, and fails if it exceeds the limit.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const LIMITS = { '/index.html': 47 * 1024, '/wire/index.html': 40 * 1024 };
const dist = fileURLToPath(new URL('../dist', import.meta.url));

// The file and all that it loads: sources and links in HTML, imports in scripts.
function filesOf(path, found = new Set()) {
  if (found.has(path)) return found;
  found.add(path);
  if (!/\.(html|js)$/.test(path)) return found;
  const pattern = path.endsWith('.html') ? /(?:src|href)="(\/[^"]+)"/g : /(?:from|import\(?)\s*"(\.[^"]+)"/g;
  for (const [, name] of readFileSync(join(dist, path), 'utf8').matchAll(pattern)) {
    if (!name.endsWith('/')) filesOf(name.startsWith('/') ? name : join(dirname(path), name), found);
  }
  return found;
}

for (const [page, limit] of Object.entries(LIMITS)) {
  let total = 0;
  for (const path of filesOf(page)) {
    const size = gzipSync(readFileSync(join(dist, path)), { level: 9 }).length;
    total += size;
    console.log(`${String(size).padStart(7)} B gzip  ${path.slice(1)}`);
  }
  console.log(`${String(total).padStart(7)} B gzip  ${page} in all (limit ${limit})`);
  if (total > limit) process.exitCode = 1;
}
