// Speaks to a page as its server, between the two: for what a test server does not do by itself.
export class Voice {
  static async on(context) {
    const voice = new Voice();
    await context.routeWebSocket('**/irc', (page) => voice.connected(page));
    return voice;
  }

  constructor() {
    this.connections = 0;
    this.sent = []; // the page's lines
    this.instead = null; // set: called with the page's end of a new connection, which does not reach the server
    this.dropped = () => false; // which lines of the server the page does not get
  }

  connected(page) {
    this.connections++;
    this.page = page;
    if (this.instead) return this.instead(page);
    this.server = page.connectToServer();
    page.onMessage((line) => (this.sent.push(line), this.server.send(line)));
    this.server.onMessage((line) => this.dropped(line) || page.send(line));
  }

  // The page hears a line that the server did not say.
  say(line) {
    this.page.send(line);
  }

  count(command) {
    return this.sent.filter((line) => line.startsWith(command)).length;
  }
}
