// Tells a command from text. Whatever begins with a slash is a command or is refused, never said: it may be a mistyped
// command with a secret in it. "//text" says "/text".

// An input method for Chinese has these in the place of the slash.
const SLASH = /^[/／]|^、(?=[a-z])/i;

// Whether this line is meant as a command. Blanks before it do not count.
export function isCommand(line: string): boolean {
  const text = line.trimStart();
  return SLASH.test(text) && !text.startsWith('//');
}

// "/word" or "/word more" in a later line of pasted text. Paths and comments are text.
export function looksLikeCommand(line: string): boolean {
  return /^\s*[/／、][a-z]+(\s|$)/i.test(line);
}

// The server's operator key has this form.
export function hasKey(text: string): boolean {
  return /\b(?:[a-km-np-z2-9]{4}-){4}[a-km-np-z2-9]{4}\b/.test(text);
}

// Whether the browser must not keep this input.
export function isSecret(text: string): boolean {
  return isCommand(text) || hasKey(text);
}
