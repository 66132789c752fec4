// The user's messages of one room, brought back with the arrow keys. The draft is kept below the newest.
const KEPT = 50;

export class Recall {
  private at = -1; // -1: the draft; 0: the newest message
  private draft = '';

  constructor(private sent: string[]) {}

  // One older message than `shown`, or null if there is none.
  back(shown: string): string | null {
    if (this.at + 1 >= this.sent.length) return null;
    if (this.at === -1) this.draft = shown;
    this.at++;
    return this.sent[this.sent.length - 1 - this.at]!;
  }

  // One newer message, in the end the draft; null if that is shown.
  forth(): string | null {
    if (this.at === -1) return null;
    this.at = Math.min(this.at, this.sent.length) - 1; // some may have been dropped
    return this.at === -1 ? this.draft : this.sent[this.sent.length - 1 - this.at]!;
  }

  add(text: string): void {
    this.at = -1;
    if (this.sent[this.sent.length - 1] !== text) this.sent.push(text);
    this.sent.splice(0, this.sent.length - KEPT);
  }
}
