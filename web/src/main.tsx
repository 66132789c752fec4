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
// http://host/#room opens that room.
const invited = decoded(location.hash);
if (/^#[^\s,]+$/.test(invited)) chat.active = chat.openRoom(invited).key;

render(<Shell chat={chat} session={session} link={link} />, document.getElementById('app')!);
followKeyboard();

if (chat.wanted) link.connect();
addEventListener('online', () => link.nudge());
document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && link.nudge());

function decoded(hash: string): string {
  try {
    return decodeURIComponent(hash);
  } catch {
    return '';
  }
}
