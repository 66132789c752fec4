// The microscope's page: the list of scenarios on the left, the chosen one beside it.
import { useEffect, useReducer, useRef, useState } from 'preact/hooks';
import { onNextFrame, socketUrl } from '../../browser';
import { getLanguage, locale } from '../../language';
import { readStored, setLooks, writeStored, type Looks } from '../../looks';
import { IconButton } from '../../ui/icon_button';
import { MenuIcon } from '../../ui/icons';
import { getList, type List } from '../api';
import { Lab } from '../lab';
import { Failure } from './failure';
import { Me } from './me';
import { Player } from '../player';
import { Rfc } from './rfc';
import { ScenarioView } from './scenario_view';
import { Sidebar } from './sidebar';
import { Welcome } from './welcome';
import { pick, t } from '../words';

export function Microscope() {
  const [version, redraw] = useReducer((n: number) => n + 1, 0);
  const [list, setList] = useState<List | null>(null);
  const [failure, setFailure] = useState('');
  const [current, setCurrent] = useState(hashName());
  const [listOpen, setListOpen] = useState(false);
  const pieces = useRef<{ player: Player; lab: Lab } | null>(null);

  const load = () => {
    setFailure('');
    getList().then(
      (found) => {
        const player = new Player();
        const lab = new Lab(socketUrl('/wire/live'), player, found.labs);
        player.changed = lab.changed = onNextFrame(() => redraw(0));
        pieces.current = { player, lab };
        setList(found);
      },
      (error: Error) => setFailure(t('loadFailed', error.message)),
    );
  };
  useEffect(() => {
    load();
    const follow = () => setCurrent(hashName());
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);

  const scenario = list?.scenarios.find((one) => one.name === current);
  const title = current === 'me' ? t('own') : scenario ? pick(scenario.title, scenario.title_zh) : t('microscope');
  const teaches = current === 'me' ? t('ownTeaches') : scenario ? pick(scenario.teaches, scenario.teaches_zh) : t('tagline');
  useEffect(() => {
    document.title = `${title} · Loquat`;
    document.documentElement.lang = locale(); // not at every drawing: the browser would compute all styles again
  }, [title, locale()]);
  const changeLooks = (next: Partial<Looks>) => {
    setLooks(next);
    writeStored(() => localStorage, { ...readStored<Looks>(() => localStorage), ...next });
    redraw(0);
  };
  return (
    <div class="shell wire" key={getLanguage()}>
      {list && <Sidebar list={list} current={current} open={listOpen} onClose={() => setListOpen(false)} onLooks={changeLooks} />}
      <main class="main" inert={listOpen}>
        <header class="header">
          <IconButton icon={MenuIcon} class="rooms-button" label={t('openList')} onClick={() => setListOpen(true)} />
          <div class="title">
            <h1>{title}</h1>
            <p class="teaches">
              {teaches} {scenario && <Rfc text={scenario.rfc} />}
            </p>
          </div>
        </header>
        {failure && <Failure text={failure} onRetry={load} />}
        {list && current === 'me' && <Me />}
        {list && scenario && pieces.current && (
          <ScenarioView key={scenario.name} scenario={scenario} {...pieces.current} version={version} />
        )}
        {list && current !== 'me' && !scenario && <Welcome list={list} />}
      </main>
      {listOpen && <div class="backdrop" onClick={() => setListOpen(false)} />}
    </div>
  );
}

function hashName(): string {
  return location.hash.slice(1);
}
