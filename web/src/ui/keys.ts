// Keys that work wherever the focus is, unless a dialog is open.
import { useEffect } from 'preact/hooks';
import type { App } from './app';

export function useKeys(app: App, enabled: boolean, drawerOpen: boolean, closeDrawers: () => void): void {
  useEffect(() => {
    if (!enabled) return;
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.isComposing || event.defaultPrevented) return;
      const { key, altKey, ctrlKey, metaKey } = event;
      if ((ctrlKey || metaKey) && !altKey && key.toLowerCase() === 'k') {
        event.preventDefault();
        app.show('switcher');
      } else if (altKey && !ctrlKey && !metaKey && (key === 'ArrowUp' || key === 'ArrowDown')) {
        event.preventDefault();
        step(app, key === 'ArrowUp' ? -1 : 1);
      } else if (key === 'Escape') {
        if (drawerOpen) closeDrawers();
        else app.newest();
      } else if (key.length === 1 && key !== ' ' && !altKey && !ctrlKey && !metaKey && isPassive(event.target)) {
        // The user types, but no text field has the focus.
        document.getElementById('composer')?.focus();
      }
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  });
}

function step(app: App, by: number): void {
  const rooms = [...app.chat.rooms.values()];
  const ordered = [...rooms.filter((room) => !room.isQuery), ...rooms.filter((room) => room.isQuery)];
  if (ordered.length === 0) return;
  const at = ordered.indexOf(app.chat.activeRoom!);
  app.go(ordered[(at + by + ordered.length) % ordered.length]!);
}

function isPassive(target: EventTarget | null): boolean {
  return target === document.body || (target instanceof HTMLElement && target.getAttribute('role') === 'log');
}
