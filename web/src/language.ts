// Which language the page speaks, and how a part of it keeps its sentences.

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

// A function that says a sentence in the present language. {0}, {1} stand for arguments.
export function translator<Key extends string>(en: Record<Key, string>, zh: Record<Key, string>) {
  return (key: Key, ...args: (string | number)[]): string =>
    (language === 'zh' ? zh : en)[key].replace(/\{(\d)\}/g, (_, i: string) => String(args[Number(i)] ?? ''));
}
