// A button with an icon. `label` is what screen readers read; the tooltip is `hint`, or else the label.
import type { JSX } from 'preact';

interface Props {
  icon: () => JSX.Element;
  label: string;
  hint?: string;
  class?: string;
  disabled?: boolean;
  onClick(): void;
}

export function IconButton({ icon: Icon, label, hint = label, class: look = '', ...rest }: Props) {
  return (
    <button class={`icon-button ${look}`} aria-label={label} title={hint} {...rest}>
      <Icon />
    </button>
  );
}
