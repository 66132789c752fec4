// The microscope: /wire of `loquat serve`.
import { render } from 'preact';
import { followSystem, readStored, setLooks, type Looks } from '../looks';
import { App } from './ui/app';
import '../css/base.css';
import '../css/layout.css';
import '../css/sidebar.css';
import '../css/forms.css';
import './css/stage.css';
import './css/ladder.css';
import './css/panel.css';
import './css/lists.css';

setLooks(readStored<Looks>(() => localStorage));
followSystem();
render(<App />, document.getElementById('app')!);
