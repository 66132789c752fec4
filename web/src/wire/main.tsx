// The microscope, /wire/ of `loquat serve`: renders the page.
import { render } from 'preact';
import { followSystem, readStored, setLooks, type Looks } from '../looks';
import { Microscope } from './ui/microscope';
import '../css/base.css';
import '../css/layout.css';
import '../css/sidebar.css';
import '../css/forms.css';
import './css/stage.css';
import './css/ladder.css';
import './css/graphs.css';
import './css/panel.css';
import './css/lists.css';

setLooks(readStored<Looks>(() => localStorage));
followSystem();
render(<Microscope />, document.getElementById('app')!);
