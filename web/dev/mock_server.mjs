// Stands in for `loquat serve` while you work on the chat: dist/ at /, IRC over WebSocket at /irc, all in memory. The
// microscope needs the real server.
// Usage: npm run build && npm run dev [-- PORT]     (0 takes a free port; the address is printed)
import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';
import { Irc } from './mock_irc.mjs';

const dist = fileURLToPath(new URL('../dist', import.meta.url));
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
};
const HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
    "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
};

const http = createServer((request, response) => {
  const path = normalize(new URL(request.url, 'http://x').pathname);
  if (path === '/healthz') return response.writeHead(200, { 'Content-Type': 'text/plain' }).end('ok\n');
  const file = join(dist, path.endsWith('/') ? `${path}index.html` : path);
  if (!file.startsWith(dist) || !existsSync(file)) return response.writeHead(404, HEADERS).end('not found\n');
  const lasting = path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
  const headers = { ...HEADERS, 'Content-Type': TYPES[extname(file)] ?? 'text/plain', 'Cache-Control': lasting };
  response.writeHead(200, headers);
  createReadStream(file).pipe(response);
});

const irc = new Irc();
const sockets = new WebSocketServer({
  server: http,
  path: '/irc',
  handleProtocols: (offered) => (offered.has('text.ircv3.net') ? 'text.ircv3.net' : false),
});
sockets.on('connection', (socket) => {
  const client = irc.connect((line) => socket.send(line), () => socket.close());
  socket.on('message', (data) => client.line(String(data)));
  socket.on('close', () => client.gone('Connection lost'));
});

http.listen(Number(process.argv[2] ?? 7777), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${http.address().port}/`);
});
