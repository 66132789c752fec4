// For classrooms: asks for the next state, then steps to show it.
import { useEffect, useState } from 'preact/hooks';
import { heldOf, questionAt } from '../scene';
import type { Player } from '../player';
import { receiver, titleOf, type Side } from '../trace';
import { t } from '../words';

const STATES = [
  'CLOSED', 'LISTEN', 'SYN-SENT', 'SYN-RECEIVED', 'ESTABLISHED', 'FIN-WAIT-1', 'FIN-WAIT-2', 'CLOSE-WAIT', 'CLOSING',
  'LAST-ACK', 'TIME-WAIT',
];

export interface Question {
  n: number;
  side: Side;
  title: string;
}

// The question before the next step, or null if that step delivers no segment.
export function nextQuestion(player: Player): Question | null {
  if (player.live) {
    const frame = heldOf(player.shown)[0];
    if (frame?.type !== 'segment') return null;
    return { n: frame.n, side: receiver(frame), title: titleOf(frame) };
  }
  const question = questionAt(player.moments, player.cursor);
  return question && { n: question.frame.n, side: question.side, title: titleOf(question.frame) };
}

// The state of the receiver after the frame in question arrived. Undefined until then, and if the frame is lost.
function outcome(player: Player, question: Question): string | undefined {
  const moment = player.shown.find((one) => one.kind === 'fate' && one.frame.n === question.n);
  return moment?.kind === 'fate' && moment.frame.fate !== 'dropped' ? moment.states[question.side] : undefined;
}

interface Props {
  player: Player;
  version: number;
  onStep(): void;
}

export function Predict({ player, version, onStep }: Props) {
  const [asked, setAsked] = useState<{ question: Question; guess: string } | null>(null);
  const [verdict, setVerdict] = useState<{ guess: string; truth: string } | null>(null);
  const [score, setScore] = useState({ right: 0, all: 0 });
  useEffect(() => {
    const truth = asked && outcome(player, asked.question);
    if (!asked || truth === undefined) return;
    setVerdict({ guess: asked.guess, truth: truth! });
    setScore({ right: score.right + (asked.guess === truth ? 1 : 0), all: score.all + 1 });
    setAsked(null);
  }, [version, asked]);
  const question = nextQuestion(player);
  const guess = (state: string) => {
    if (!question) return;
    setVerdict(null);
    setAsked({ question, guess: state });
    onStep();
  };
  return (
    <section class="predict" aria-label={t('predict')}>
      <p class={verdict ? (verdict.guess === verdict.truth ? 'right' : 'wrong') : ''} role="status">
        {verdict &&
          (verdict.guess === verdict.truth ? t('predictRight', verdict.truth) : t('predictWrong', verdict.guess, verdict.truth))}
        {score.all > 0 && <span class="score"> {t('predictScore', score.right, score.all)}</span>}
      </p>
      {question && !asked && (
        <>
          <p>{t(player.live ? 'predictLive' : 'predictAsk', question.n, question.title, t(question.side))}</p>
          <div class="guesses">
            {STATES.map((state) => (
              <button class="small" onClick={() => guess(state)}>
                {state}
              </button>
            ))}
          </div>
        </>
      )}
    </section>
  );
}
