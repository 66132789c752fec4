// Says why a request failed, with a button that repeats it.
import { t } from '../words';

export function Failure({ text, onRetry }: { text: string; onRetry(): void }) {
  return (
    <p class="trouble" role="alert">
      {text}{' '}
      <button class="small" onClick={onRetry}>
        {t('tryAgain')}
      </button>
    </p>
  );
}
