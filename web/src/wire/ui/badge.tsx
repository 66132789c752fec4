// The source of a fact in one word, and the legend that explains these words.
import type { Source } from '../trace';
import { t } from '../words';

const ALL: Source[] = ['captured', 'kernel', 'reported', 'inferred', 'recorded'];

export function Badge({ source }: { source: Source }) {
  if (!ALL.includes(source)) return null;
  return (
    <span class={`badge ${source}`} title={t(`${source}Hint`)}>
      {t(source)}
    </span>
  );
}

export function Legend() {
  return (
    <details class="legend">
      <summary>{t('sources')}</summary>
      <dl>
        {ALL.map((source) => (
          <div>
            <dt>
              <Badge source={source} />
            </dt>
            <dd>{t(`${source}Hint`)}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
