// How the server says that it does not want the user back: KILL, numeric 465, or the reason of its ERROR.
import type { Chat, Removal } from './chat';

// The reason in "Closing link: ...": "removed by ada: spam", "banned: spam". null: the page may come back by itself.
export function removalOf(reason: string): Removal | null {
  const removed = /^(?:removed|killed) by (\S+?)(?:: (.*))?$/i.exec(reason);
  if (removed) return { banned: false, by: removed[1]!, why: removed[2] ?? '' };
  const banned = /^(?:you are )?banned\b(?: from this server)?(?:: (.*))?/i.exec(reason);
  return banned ? { banned: true, by: '', why: banned[1] ?? '' } : null;
}

// Keeps the first news, which says most: a KILL names who did it, the ERROR after it may not.
export function setRemoval(chat: Chat, removal: Removal | null): void {
  if (!removal) return;
  chat.removal ??= removal;
  chat.removal.why ||= removal.why;
  chat.touch();
}
