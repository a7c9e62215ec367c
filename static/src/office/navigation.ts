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
  document.querySelector<HTMLElement>('.errors')?.focus();
}
