// Line icons of the microscope.
import { icon } from '../../ui/icons';

export const PreviousIcon = icon('M12 19V5M6.5 10.5L12 5l5.5 5.5');
export const NextIcon = icon('M12 5v14M6.5 13.5L12 19l5.5-5.5');
export const PlayIcon = icon('M8 5l11 7-11 7Z');
export const PauseIcon = icon('M8 5v14M16 5v14');
export const StepIcon = icon('M6 5l9 7-9 7ZM18.5 5v14');
export const BackIcon = icon('M18 5l-9 7 9 7ZM5.5 5v14');
export const RestartIcon = icon('M5 12a7 7 0 1 0 2.5-5.4M5 4v4.5h4.5');
export const ThemeIcon = icon('M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Z', 'M12 3v18', 'M12 7a5 5 0 0 1 0 10');
