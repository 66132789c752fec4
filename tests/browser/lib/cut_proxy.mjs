// A TCP proxy in front of the server that can lose what one side says, cut every connection, and refuse new ones.
import { connect, createServer } from 'node:net';
import { leftovers } from './leftovers.mjs';

export class CutProxy {
  // Listens on a free port of 127.0.0.1; `url` is what a browser opens.
  static async start(target) {
    const { hostname, port } = new URL(target);
    const proxy = new CutProxy(hostname.replace(/^\[|\]$/g, ''), Number(port || 80));
    await new Promise((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
    proxy.url = `http://127.0.0.1:${proxy.server.address().port}/`;
    return proxy;
  }

  constructor(host, port) {
    this.loseUp = false; // browser to server
    this.loseDown = false; // server to browser
    this.refuse = false;
    this.sockets = new Set();
    this.nears = new Set();
    leftovers.add(() => this.stop());
    this.server = createServer((near) => {
      if (this.refuse) return near.destroy();
      const far = connect(port, host);
      this.nears.add(near);
      this.join(near, far, () => this.loseUp);
      this.join(far, near, () => this.loseDown);
    });
  }

  // Ends every connection. What follows is heard again.
  cut() {
    for (const socket of this.sockets) socket.destroy();
    this.loseUp = this.loseDown = false;
  }

  // Ends every browser's connection; the server is not told, as if the network had gone.
  orphan() {
    for (const socket of this.nears) socket.removeAllListeners('close').destroy();
    this.nears.clear();
  }

  stop() {
    this.cut();
    this.server.close();
  }

  join(from, to, lost) {
    this.sockets.add(from);
    from.on('data', (data) => lost() || to.destroyed || to.write(data));
    from.on('end', () => to.end());
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.sockets.delete(from);
      to.destroy();
    });
  }
}
