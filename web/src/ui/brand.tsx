// The head of a sidebar: the project's name, and the button that closes the drawer on a phone.
import type { ComponentChildren } from 'preact';
import { Fruit } from './fruit';
import { IconButton } from './icon_button';
import { CloseIcon } from './icons';

export function Brand({ close, onClose, children }: { close: string; onClose(): void; children: ComponentChildren }) {
  return (
    <div class="brand">
      <Fruit />
      <span>Loquat {children}</span>
      <IconButton icon={CloseIcon} class="drawer-close" label={close} onClick={onClose} />
    </div>
  );
}
