// The page's language, and translators: functions that look up texts in it.

export type Language = 'en' | 'zh';

let language: Language = 'en';

export function setLanguage(next: Language): void {
  language = next;
}

export function getLanguage(): Language {
  return language;
}

// BCP 47 tag for dates and for <html lang>.
export function locale(): string {
  return language === 'zh' ? 'zh-CN' : 'en';
}

// Returns a function that gives a text in the current language. {0}, {1} stand for arguments.
export function translator<Key extends string>(en: Record<Key, string>, zh: Record<Key, string>) {
  return (key: Key, ...args: (string | number)[]): string =>
    (language === 'zh' ? zh : en)[key].replace(/\{(\d)\}/g, (_, i: string) => String(args[Number(i)] ?? ''));
}
