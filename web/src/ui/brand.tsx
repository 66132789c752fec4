// The head of a sidebar: the project's name, and the button that closes the drawer on a phone.
import type { ComponentChildren } from 'preact';
import { Fruit } from './fruit';
import { CloseIcon } from './icons';

export function Brand({ close, onClose, children }: { close: string; onClose(): void; children: ComponentChildren }) {
  return (
    <div class="brand">
      <Fruit />
      <span>Loquat {children}</span>
      <button class="icon-button drawer-close" aria-label={close} onClick={onClose}>
        <CloseIcon />
      </button>
    </div>
  );
}
