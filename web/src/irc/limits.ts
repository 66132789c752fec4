// What the server accepts, in bytes of UTF-8.

export const NICK_BYTES = 30;

// The server accepts 330: with `:nick!user@host PRIVMSG #room :` before it, the line still fits into IRC's 512 bytes.
export const TEXT_BYTES = 320;
