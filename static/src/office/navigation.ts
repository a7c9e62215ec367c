/** The menu of narrow windows, the way back, and where the eye goes after errors. */
export function prepareNavigation(): void {
  const toggle = document.querySelector<HTMLButtonElement>('.nav-toggle');
  toggle?.addEventListener('click', () => {
    toggle.setAttribute('aria-expanded', String(toggle.getAttribute('aria-expanded') !== 'true'));
  });
  document.querySelector('[data-back]')?.addEventListener('click', (event) => {
    if (history.length > 1) {
      event.preventDefault();
      history.back();
    }
  });
  for (const button of document.querySelectorAll('[data-print]')) {
    button.addEventListener('click', () => window.print());
  }
  document.addEventListener('keydown', (event) => {
    const typing = (event.target as Element).closest('input, select, textarea');
    const first = document.querySelector<HTMLElement>('.filters .input');
    if (event.key !== '/' || typing || !first) return;
    event.preventDefault();
    first.focus();
  });
  lookAtAnswer();
}

/** Errors first; else what became of the last action, so that it is read out and the next Tab goes on from there. */
function lookAtAnswer(): void {
  const told = document.querySelector<HTMLElement>('.flashes:has(.notice)');
  const errors = document.querySelector<HTMLElement>('.errors');
  if (errors) errors.focus();
  else if (told && !location.hash) told.focus({ preventScroll: true });
}
