// The user's name, the theme and the language.
import { useState } from 'preact/hooks';
import { t } from '../i18n';
import { nickName } from '../irc/names';
import { getLooks, type Looks, type Theme } from '../looks';
import { setLooks } from '../prefs';
import { useApp } from './app';
import { Choices } from './choices';
import { Dialog } from './dialog';

export function Settings({ onClose }: { onClose(): void }) {
  const { chat, session } = useApp();
  const [name, setName] = useState(chat.nick || chat.wanted);
  const looks = getLooks();
  const themes: [Theme, string][] = [['auto', t('themeAuto')], ['light', t('themeLight')], ['dark', t('themeDark')]];
  const languages: [Looks['language'], string][] = [['auto', t('themeAuto')], ['en', 'English'], ['zh', '中文']];
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
        <Choices name="theme" options={themes} chosen={looks.theme} onChoose={(theme) => setLooks(chat, { theme })} />
      </fieldset>
      <fieldset>
        <legend>{t('language')}</legend>
        <Choices name="language" options={languages} chosen={looks.language} onChoose={(language) => setLooks(chat, { language })} />
      </fieldset>
    </Dialog>
  );
}
