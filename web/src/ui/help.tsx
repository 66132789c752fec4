// How others come in, the commands and the keys.
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
  const room = chat.activeRoom && !chat.activeRoom.isQuery ? chat.activeRoom.name : '#lobby';
  return (
    <Dialog title={t('help')} onClose={onClose} wide>
      <Invite room={room} />
      <section>
        <h3>{t('commands')}</h3>
        <dl class="table">
          {commands.map(([command, what]) => (
            <div>
              <dt>
                <code>{command}</code>
              </dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
      </section>
      <section>
        <h3>{t('microscope')}</h3>
        <p>
          <a href="/wire/">{t('microscopeHint')}</a>
        </p>
      </section>
      <section>
        <h3>{t('keys')}</h3>
        <dl class="table">
          {keys.map(([names, what]) => (
            <div>
              <dt>
                {names.map((key) => (
                  <kbd>{key}</kbd>
                ))}
              </dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
      </section>
    </Dialog>
  );
}
