// How others can join, the commands and the keys.
import type { ComponentChildren } from 'preact';
import { LOBBY } from '../chat/chat';
import { t } from '../i18n';
import { useApp } from './app';
import { Dialog } from './dialog';
import { Invite } from './invite';

export function Help({ onClose }: { onClose(): void }) {
  const { chat } = useApp();
  const name = t('somebody');
  const words = t('something');
  const commands: [string, string][] = [
    [`/me ${words}`, t('cmdMe')],
    [`/nick ${name}`, t('cmdNick')],
    ['/join #room', t('cmdJoin')],
    ['/part', t('cmdPart')],
    [`/msg ${name} ${words}`, t('cmdMsg')],
    [`/topic ${words}`, t('cmdTopic')],
    ['/who', t('cmdWho')],
    ['/quit', t('cmdQuit')],
  ];
  const keys: [string[], string][] = [
    [['Alt+↑', 'Alt+↓'], t('keyRooms')],
    [['Ctrl+K'], t('keySwitch')],
    [['Esc'], t('keyNewest')],
    [['Shift+Enter'], t('keyNewline')],
    [['Tab'], t('keyComplete')],
    [['↑'], t('keyLast')],
  ];
  const room = chat.activeRoom && !chat.activeRoom.isQuery ? chat.activeRoom.name : LOBBY;
  return (
    <Dialog title={t('help')} onClose={onClose} wide>
      <Invite room={room} />
      <Table title={t('commands')} rows={commands.map(([command, what]) => [<code>{command}</code>, what])} />
      <section>
        <h3>{t('microscope')}</h3>
        <p>
          <a href="/wire/">{t('microscopeHint')}</a>
        </p>
      </section>
      <Table title={t('keys')} rows={keys.map(([names, what]) => [names.map((key) => <kbd>{key}</kbd>), what])} />
    </Dialog>
  );
}

function Table({ title, rows }: { title: string; rows: [ComponentChildren, string][] }) {
  return (
    <section>
      <h3>{title}</h3>
      <dl class="table">
        {rows.map(([term, what]) => (
          <div>
            <dt>{term}</dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
