// The user's name, and how the page looks.
import { useState } from 'preact/hooks';
import { t, type Key } from '../i18n';
import { nickName } from '../irc/names';
import { getLooks, type Theme } from '../looks';
import { setLooks } from '../prefs';
import { useApp } from './app';
import { Dialog } from './dialog';

const THEMES: [Theme, Key][] = [
  ['auto', 'themeAuto'],
  ['light', 'themeLight'],
  ['dark', 'themeDark'],
];
const LANGUAGES = [
  ['auto', ''],
  ['en', 'English'],
  ['zh', '中文'],
] as const;

export function Settings({ onClose }: { onClose(): void }) {
  const { chat, session } = useApp();
  const [name, setName] = useState(chat.nick || chat.wanted);
  const looks = getLooks();
  const valid = nickName(name);
  const save = (event: Event) => {
    event.preventDefault();
    if (!valid) return;
    if (valid !== chat.nick) session.rename(valid);
    onClose();
  };
  return (
    <Dialog title={t('settings')} onClose={onClose}>
      <form class="stack" onSubmit={save}>
        <label for="settings-name">{t('yourName')}</label>
        <div class="row-of">
          <input
            id="settings-name"
            data-autofocus
            value={name}
            maxLength={30}
            autocomplete="nickname"
            onInput={(event) => setName(event.currentTarget.value)}
          />
          <button class="primary" disabled={!valid}>
            {t('save')}
          </button>
        </div>
        <p class="hint">{valid || !name ? t('nameHint') : t('badName')}</p>
      </form>
      <fieldset>
        <legend>{t('appearance')}</legend>
        <div class="choices">
          {THEMES.map(([value, key]) => (
            <label>
              <input type="radio" name="theme" checked={looks.theme === value} onChange={() => setLooks(chat, { theme: value })} />
              <span>{t(key)}</span>
            </label>
          ))}
        </div>
      </fieldset>
      <fieldset>
        <legend>{t('language')}</legend>
        <div class="choices">
          {LANGUAGES.map(([value, label]) => (
            <label>
              <input type="radio" name="language" checked={looks.language === value} onChange={() => setLooks(chat, { language: value })} />
              <span>{label || t('themeAuto')}</span>
            </label>
          ))}
        </div>
      </fieldset>
    </Dialog>
  );
}
