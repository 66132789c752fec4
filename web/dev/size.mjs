// Prints what a visitor downloads, compressed as the server sends it, and fails above the limit.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const LIMIT = 80 * 1024;
const dist = fileURLToPath(new URL('../dist', import.meta.url));

function filesIn(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesIn(path) : [path];
  });
}

let total = 0;
for (const path of filesIn(dist)) {
  const size = gzipSync(readFileSync(path), { level: 9 }).length;
  total += size;
  console.log(`${String(size).padStart(7)} B gzip  ${path.slice(dist.length + 1)}`);
}
console.log(`${String(total).padStart(7)} B gzip  in all (limit ${LIMIT})`);
if (total > LIMIT) process.exit(1);
