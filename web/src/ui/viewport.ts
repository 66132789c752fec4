// The keyboard of iOS covers the page; this shrinks the page to the part that stays visible.
export function followKeyboard(): void {
  const view = window.visualViewport;
  if (!view) return;
  const fit = () => {
    const covered = view.scale === 1 && innerHeight - view.height > 80;
    const style = document.documentElement.style;
    if (covered) style.setProperty('--height', `${view.height}px`);
    else style.removeProperty('--height');
    if (covered) scrollTo(0, 0);
  };
  view.addEventListener('resize', fit);
}
