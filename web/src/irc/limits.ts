// What the server accepts, in bytes of UTF-8.

export const NICK_BYTES = 30;

// With the longest `:nick!user@host PRIVMSG #room :` before it, the line still fits into IRC's 512 bytes.
export const TEXT_BYTES = 380;
