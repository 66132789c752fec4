// The parts of a chat that a line of the server can change. Session creates them and passes them to the handlers.
import type { Chat } from './chat';
import type { History } from './history';
import type { Outbox } from './outbox';
import type { Registration } from './registration';

export interface Parts {
  readonly chat: Chat;
  readonly outbox: Outbox;
  readonly history: History;
  readonly registration: Registration;
}
