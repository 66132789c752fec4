// Watches a page for what must never happen: errors, blocked content, a request to anybody else.
import assert from 'node:assert/strict';

export class Guard {
  static async on(context, base) {
    const guard = new Guard();
    const own = new URL(base).host;
    await context.addInitScript(() => {
      addEventListener('securitypolicyviolation', (event) => console.error(`CSP: ${event.violatedDirective} ${event.blockedURI}`));
    });
    context.on('request', (request) => {
      const url = new URL(request.url());
      if (/^(http|ws)/.test(url.protocol) && url.host !== own) guard.faults.push(`third party: ${url}`);
      guard.requests++;
    });
    context.on('requestfailed', (request) => guard.faults.push(`failed: ${request.url()} ${request.failure()?.errorText}`));
    context.on('response', (response) => response.status() >= 400 && guard.faults.push(`${response.status()}: ${response.url()}`));
    context.on('console', (message) => ['error', 'warning'].includes(message.type()) && guard.faults.push(`console: ${message.text()}`));
    context.on('weberror', (error) => guard.faults.push(`exception: ${error.error()}`));
    return guard;
  }

  constructor() {
    this.faults = [];
    this.requests = 0;
  }

  check() {
    assert.deepEqual(this.faults, []);
    assert.ok(this.requests > 0, 'nothing was watched');
  }
}
