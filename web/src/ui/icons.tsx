// Line icons on a grid of 24 x 24.
import type { JSX } from 'preact';

export function icon(...paths: string[]): () => JSX.Element {
  return () => (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      {paths.map((d) => (
        <path d={d} />
      ))}
    </svg>
  );
}

export const MenuIcon = icon('M4 7h16M4 12h16M4 17h10');
export const PeopleIcon = icon(
  'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 20c0-3.6 2.9-6 6.5-6s6.5 2.4 6.5 6',
  'M16 4.6a3.5 3.5 0 0 1 0 5.8M18.5 14.6c1.9 1 3 2.9 3 5.4',
);
export const CloseIcon = icon('M6 6l12 12M18 6L6 18');
export const PlusIcon = icon('M12 5v14M5 12h14');
export const SendIcon = icon('M12 19V5M5.5 11.5L12 5l6.5 6.5');
export const DownIcon = icon('M12 5v14M5.5 12.5L12 19l6.5-6.5');
export const MoreIcon = icon('M6 9.5l6 6 6-6');
export const PenIcon = icon('M4 20l.8-4L16 4.8a1.7 1.7 0 0 1 2.4 0l.8.8a1.7 1.7 0 0 1 0 2.4L8 19.2 4 20Z');
export const HelpIcon = icon(
  'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Z',
  'M9.6 9.4a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.2 1-1.2 1.9M12 16.6v.1',
);
export const GearIcon = icon(
  'M5 8h6M17 8h2M5 16h2M13 16h6',
  'M14 10.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4ZM10 18.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4Z',
);
export const LensIcon = icon('M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM15.3 15.3L20 20', 'M7.5 10.5h1.6l1.4-2.6 1.4 5 1-2.4h.8');
