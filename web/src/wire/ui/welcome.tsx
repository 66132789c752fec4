// The first screen: all scenarios as cards, by group.
import type { List } from '../api';
import { Rfc } from './rfc';
import { pick, t } from '../words';

export function Welcome({ list }: { list: List }) {
  return (
    <div class="scroller welcome-list">
      <section class="intro">
        <h2>{t('welcome')}</h2>
        <p>{t('welcomeHint')}</p>
      </section>
      <ul class="cards">
        <li class="card-of">
          <a href="#me">
            <b>{t('own')}</b>
            <span>{t('ownTeaches')}</span>
          </a>
        </li>
      </ul>
      {list.scenarios.length === 0 && <p class="faint">{t('noScenarios')}</p>}
      {list.groups.map((group) => {
        const scenarios = list.scenarios.filter((scenario) => scenario.group === group.name);
        if (scenarios.length === 0) return null;
        return (
          <section aria-labelledby={`cards-${group.name}`}>
            <h3 id={`cards-${group.name}`}>{pick(group.title, group.title_zh)}</h3>
            <ul class="cards">
              {scenarios.map((scenario) => (
                <li class="card-of">
                  <a href={`#${scenario.name}`}>
                    <b>{pick(scenario.title, scenario.title_zh)}</b>
                    <span>{pick(scenario.teaches, scenario.teaches_zh)}</span>
                  </a>
                  <small>
                    <Rfc text={scenario.rfc} />
                  </small>
                </li>
              ))}
            </ul>
          </section>
        );
      })}
    </div>
  );
}
