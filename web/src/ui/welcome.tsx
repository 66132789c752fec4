// The first visit: the user chooses a name and enters.
import { useState } from 'preact/hooks';
import { t } from '../i18n';
import { nickName } from '../irc/names';
import { useApp } from './app';
import { Fruit } from './fruit';

const FRUITS = ['apricot', 'cherry', 'fig', 'kiwi', 'kumquat', 'lemon', 'lychee', 'mango', 'melon', 'olive', 'papaya', 'peach', 'pear', 'plum', 'pomelo', 'quince'];

function suggestion(): string {
  const fruit = FRUITS[Math.floor(Math.random() * FRUITS.length)]!;
  return `${fruit}${10 + Math.floor(Math.random() * 90)}`;
}

export function Welcome() {
  const { chat, link } = useApp();
  const [name, setName] = useState(() => chat.wanted || suggestion());
  const nick = nickName(name);
  const enter = (event: Event) => {
    event.preventDefault();
    if (!nick) return;
    chat.wanted = nick;
    chat.nickProblem = '';
    chat.persist();
    link.connect();
  };
  return (
    <main class="welcome">
      <form class="card" onSubmit={enter}>
        <Fruit />
        <h1>
          Loquat <i lang="zh">枇杷</i>
        </h1>
        <p class="tagline">{t('tagline')}</p>
        <label for="name">{t('yourName')}</label>
        <input
          id="name"
          autoFocus
          value={name}
          maxLength={30}
          autocomplete="nickname"
          autocapitalize="off"
          spellcheck={false}
          aria-describedby="name-hint"
          aria-invalid={!nick && name !== ''}
          onFocus={(event) => event.currentTarget.select()}
          onInput={(event) => setName(event.currentTarget.value)}
        />
        <p class={`hint ${chat.nickProblem ? 'problem' : ''}`} id="name-hint" role="status">
          {!nick && name ? t('badName') : chat.nickProblem || t('nameHint')}
        </p>
        <button class="primary" disabled={!nick}>
          {t('enter')}
        </button>
      </form>
    </main>
  );
}
