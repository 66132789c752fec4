// Scrolls the chosen frame into view. On a phone the frame's panel covers the lower part of the ladder.
import { useEffect } from 'preact/hooks';

export function useScrollToFrame(selected: number | null): void {
  useEffect(() => {
    const arrow = document.querySelector(`.arrow[data-n="${selected}"]`)?.getBoundingClientRect();
    const scroller = document.querySelector('.stage .scroller');
    if (!arrow || !scroller) return;
    const area = scroller.getBoundingClientRect();
    const cover = document.querySelector('.panel')?.getBoundingClientRect();
    const bottom = cover && cover.left <= area.left ? cover.top : area.bottom;
    if (arrow.top < area.top || arrow.bottom > bottom) scroller.scrollTop += arrow.top - area.top - 16;
  }, [selected]);
}
