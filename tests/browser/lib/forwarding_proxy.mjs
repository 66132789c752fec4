// A reverse proxy as far as the server can tell: each request says that it was passed on for somebody else.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { leftovers } from './leftovers.mjs';

export async function forwardingProxy(base) {
  const { hostname, port } = new URL(base);
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    client.on('data', (bytes) => upstream.write(mark(bytes)));
    upstream.pipe(client);
    for (const [one, other] of [[client, upstream], [upstream, client]]) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const end = () => server.close();
  leftovers.add(end);
  return `http://127.0.0.1:${server.address().port}/`;
}

// A browser sends a request's head in one piece.
function mark(bytes) {
  const text = bytes.toString('latin1');
  if (!/^(GET|POST) \S+ HTTP\/1\.1\r\n/.test(text)) return bytes;
  return Buffer.from(text.replace('\r\n', '\r\nX-Forwarded-For: 192.0.2.7\r\n'), 'latin1');
}
