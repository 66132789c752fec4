// How others can join, the commands and the keys.
import type { ComponentChildren } from 'preact';
import { LOBBY } from '../chat/chat';
import { COMMANDS, usageOf } from '../chat/command_list';
import { t } from '../i18n';
import { useApp } from './app';
import { Dialog } from './dialog';
import { Invite } from './invite';

export function Help({ onClose }: { onClose(): void }) {
  const { chat } = useApp();
  const commands = [...COMMANDS.keys()].filter((name) => !COMMANDS.get(name)!.operator);
  const operator = [...COMMANDS.keys()].filter((name) => COMMANDS.get(name)!.operator);
  const keys: [string[], string][] = [
    [['Alt+↑', 'Alt+↓'], t('keyRooms')],
    [['Ctrl+K'], t('keySwitch')],
    [['Esc'], t('keyNewest')],
    [['Shift+Enter'], t('keyNewline')],
    [['Tab'], t('keyComplete')],
    [['↑', '↓'], t('keyRecall')],
  ];
  const room = chat.activeRoom && !chat.activeRoom.isQuery ? chat.activeRoom.name : LOBBY;
  return (
    <Dialog title={t('help')} onClose={onClose} wide>
      <Invite room={room} />
      <Table title={t('commands')} rows={commands.map(commandRow)} />
      <Table title={t('forOperators')} rows={operator.map(commandRow)} />
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

function commandRow(name: string): [ComponentChildren, string] {
  return [<code>{usageOf(name)}</code>, t(COMMANDS.get(name)!.help)];
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
