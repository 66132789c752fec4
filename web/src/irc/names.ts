// Names of rooms and people.
import { NICK_BYTES } from './limits';
import { utf8Length } from './split';

// CASEMAPPING=ascii: names that differ only in the case of A-Z are one name.
export function fold(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

// True for the name of a room, false for a person's.
export function isRoomName(name: string): boolean {
  return /^[#&]/.test(name);
}

// The room's name that the user means: "dev" and "#dev" are the same room. Returns '' if `input` cannot be one.
export function roomName(input: string): string {
  const word = input.trim().split(/[\s,\x00-\x1f]/)[0] ?? '';
  if (word.replace(/^#+/, '') === '') return '';
  return isRoomName(word) ? word : `#${word}`;
}

// The person's name that the user means, or '' if `input` cannot be one. The server may refuse it for more reasons.
export function nickName(input: string): string {
  const word = input.trim().replace(/\s+/g, '-');
  if (utf8Length(word) > NICK_BYTES) return '';
  return /^[#&:@+~%$\d-]|[\x00-\x20,*?!@\x7f]/.test(word) ? '' : word;
}
