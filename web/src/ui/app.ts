// What every component of the chat can use.
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Chat } from '../chat/chat';
import type { Link } from '../chat/link';
import type { Session } from '../chat/session';
import type { Room } from '../chat/room';

export type Sheet = 'switcher' | 'settings' | 'help' | null;

export interface App {
  chat: Chat;
  session: Session;
  link: Link;
  show(sheet: Sheet): void;
  go(room: Room): void; // makes it the active room
  writeTo(nick: string): void; // opens a private conversation
  newest(): void; // scrolls to the newest line and focuses the input
  quit(): void;
}

export const AppContext = createContext<App | null>(null);

export function useApp(): App {
  return useContext(AppContext)!;
}
