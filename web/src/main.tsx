// The chat: creates its objects and renders the page.
import { render } from 'preact';
import { socketUrl } from './browser';
import { Chat, LOBBY } from './chat/chat';
import { Link } from './chat/link';
import { Session } from './chat/session';
import { load } from './prefs';
import { Shell } from './ui/shell';
import { followKeyboard } from './ui/viewport';
import './css/base.css';
import './css/layout.css';
import './css/sidebar.css';
import './css/timeline.css';
import './css/composer.css';
import './css/people.css';
import './css/sheets.css';
import './css/forms.css';

const chat = new Chat();
const session = new Session(chat);
const link = new Link(socketUrl('/irc'), session);

load(chat);
if (chat.rooms.size === 0) chat.active = chat.openRoom(LOBBY).key;
visitRoom();

render(<Shell chat={chat} session={session} link={link} />, document.getElementById('app')!);
followKeyboard();

if (chat.wanted) link.connect();
addEventListener('hashchange', visitRoom);
addEventListener('online', () => link.nudge());
document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && link.nudge());

// http://host/#room goes to that room. The server may refuse it when the page is connected; then it goes away again.
function visitRoom(): void {
  const name = decoded(location.hash);
  if (!/^#[^\s,]+$/.test(name)) return;
  const known = chat.room(name);
  if (known) return chat.activate(known);
  if (chat.phase === 'online') session.join(name);
  else chat.activate(chat.openRoom(name));
}

function decoded(hash: string): string {
  try {
    return decodeURIComponent(hash);
  } catch {
    return '';
  }
}
