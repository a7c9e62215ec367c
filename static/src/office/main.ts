/** What scripts add to the office pages; every page works without them. */
import htmx from 'htmx.org';
import './office.css';
import './plan.css';
import './records.css';
import './cases.css';
import { saveByThemselves } from './autosave';
import { drawCharts } from './charts';
import { prepareCopying } from './copying';
import { keepDrafts } from './drafts';
import { prepareFields } from './fields';
import { guardForms } from './guard';
import { prepareNavigation } from './navigation';
import { prepareTables } from './tables';

// The office pages run under a strict content security policy.
htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.selfRequestsOnly = true;

function prepare(root: ParentNode): void {
  prepareFields(root);
  prepareTables(root);
  drawCharts(root);
  prepareCopying(root);
}

document.documentElement.classList.add('js');
prepareNavigation();
guardForms();
prepare(document);
keepDrafts();
saveByThemselves(document);
document.addEventListener('htmx:load', (event) => {
  if (event.target instanceof HTMLElement && event.target !== document.body) prepare(event.target);
});
document.addEventListener('htmx:configRequest', (event) => {
  const token = document.querySelector<HTMLInputElement>('input[name="csrf_token"]')?.value;
  if (token) (event as CustomEvent).detail.headers['X-CSRF-Token'] = token;
});
