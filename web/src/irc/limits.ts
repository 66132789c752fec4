// What the server accepts, in bytes of UTF-8.

export const NICK_BYTES = 30;

// The server takes 330 bytes of text, so that a line with `:nick!user@host PRIVMSG #room :` fits into IRC's 512.
export const TEXT_BYTES = 320;
