// Theme and language, chosen by the user or the system, and the storage that keeps them.
import { setLanguage, type Language } from './language';

export type Theme = 'auto' | 'light' | 'dark';

export interface Looks {
  theme: Theme;
  language: Language | 'auto';
}

const KEY = 'loquat';
const looks: Looks = { theme: 'auto', language: 'auto' };

export function getLooks(): Readonly<Looks> {
  return looks;
}

// Applies the valid values and ignores the others.
export function setLooks({ theme, language }: Partial<Looks>): void {
  if (theme === 'auto' || theme === 'light' || theme === 'dark') looks.theme = theme;
  if (language === 'auto' || language === 'en' || language === 'zh') looks.language = language;
  applyLooks();
}

export function followSystem(): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', applyLooks);
}

function applyLooks(): void {
  const systemZh = /^zh\b/i.test(navigator.language);
  setLanguage(looks.language === 'auto' ? (systemZh ? 'zh' : 'en') : looks.language);
  const systemDark = matchMedia('(prefers-color-scheme: dark)').matches;
  const dark = looks.theme === 'auto' ? systemDark : looks.theme === 'dark';
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
}

export function readStored<T>(storage: () => Storage): Partial<T> {
  try {
    return (JSON.parse(storage().getItem(KEY) ?? '{}') ?? {}) as Partial<T>;
  } catch {
    return {};
  }
}

export function writeStored(storage: () => Storage, value: unknown): void {
  try {
    storage().setItem(KEY, JSON.stringify(value));
  } catch {
    // Full or forbidden: the page works without it.
  }
}
