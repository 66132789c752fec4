// Times and days in the reader's language.
import { locale, t } from '../i18n';

const formats = new Map<string, Intl.DateTimeFormat>();

function format(time: number, name: string, options: Intl.DateTimeFormatOptions): string {
  const key = `${locale()} ${name}`;
  let made = formats.get(key);
  if (!made) formats.set(key, (made = new Intl.DateTimeFormat(locale(), options)));
  return made.format(time);
}

export function clock(time: number): string {
  return format(time, 'clock', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
}

export function exact(time: number): string {
  return format(time, 'exact', { dateStyle: 'full', timeStyle: 'medium' });
}

export function dayName(time: number): string {
  const day = new Date(time).toDateString();
  if (day === new Date().toDateString()) return t('today');
  if (day === new Date(Date.now() - 86_400_000).toDateString()) return t('yesterday');
  const sameYear = new Date(time).getFullYear() === new Date().getFullYear();
  return sameYear
    ? format(time, 'day', { weekday: 'long', month: 'long', day: 'numeric' })
    : format(time, 'date', { year: 'numeric', month: 'long', day: 'numeric' });
}
