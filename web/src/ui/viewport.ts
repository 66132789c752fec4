// iOS lays its keyboard over the page; this keeps the page as tall as what can be seen.
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
