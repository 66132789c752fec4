// The list of scenarios by group; below it the link to the chat, the language and the theme.
import { getLanguage } from '../../language';
import { Brand } from '../../ui/brand';
import type { List } from '../api';
import { IconButton } from '../../ui/icon_button';
import { ThemeIcon } from './icons';
import { pick, t } from '../words';

interface Props {
  list: List;
  current: string;
  open: boolean;
  onClose(): void;
  onLooks(next: { theme?: 'light' | 'dark'; language?: 'en' | 'zh' }): void;
}

export function Sidebar({ list, current, open, onClose, onLooks }: Props) {
  const dark = document.documentElement.dataset.theme === 'dark';
  const zh = getLanguage() === 'zh';
  return (
    <nav id="scenarios" class={`sidebar drawer ${open ? 'open' : ''}`} aria-label={t('scenarios')}>
      <Brand close={t('close')} onClose={onClose}>
        <i>{t('microscope')}</i>
      </Brand>
      <div class="lists">
        <ul>
          <Entry name="me" title={t('own')} current={current} onChosen={onClose} />
        </ul>
        {list.groups.map((group) => {
          const scenarios = list.scenarios.filter((scenario) => scenario.group === group.name);
          if (scenarios.length === 0) return null;
          return (
            <>
              <div class="list-head">
                <h2 id={`group-${group.name}`}>{pick(group.title, group.title_zh)}</h2>
              </div>
              <ul aria-labelledby={`group-${group.name}`}>
                {scenarios.map((scenario) => (
                  <Entry name={scenario.name} title={pick(scenario.title, scenario.title_zh)} current={current} onChosen={onClose} />
                ))}
              </ul>
            </>
          );
        })}
      </div>
      <div class="me">
        <a class="me-name" href="/">
          ← {t('toChat')}
        </a>
        <button class="language" lang={zh ? 'en' : 'zh'} onClick={() => onLooks({ language: zh ? 'en' : 'zh' })}>
          {zh ? 'English' : '中文'}
        </button>
        <IconButton icon={ThemeIcon} label={t(dark ? 'themeLight' : 'themeDark')} onClick={() => onLooks({ theme: dark ? 'light' : 'dark' })} />
      </div>
    </nav>
  );
}

function Entry({ name, title, current, onChosen }: { name: string; title: string; current: string; onChosen(): void }) {
  return (
    <li class={`entry ${name === current ? 'active' : ''}`}>
      <a class="entry-name" href={`#${name}`} aria-current={name === current ? 'page' : undefined} onClick={onChosen}>
        <bdi>{title}</bdi>
      </a>
    </li>
  );
}
