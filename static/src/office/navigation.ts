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
  keepLists();
  lookAtAnswer();
}

/** The way back to a list leads to its filter, order and page. In this tab, for this person only; of plans nothing is kept. */
function keepLists(): void {
  const key = (path: string): string => `list:${path}`;
  if (location.pathname.endsWith('/sign-in')) {
    for (const kept of Object.keys(sessionStorage))
      if (kept.startsWith(key(''))) sessionStorage.removeItem(kept);
  }
  if (document.querySelector('.filters') && !location.pathname.startsWith('/office/visit')) {
    sessionStorage.setItem(key(location.pathname), location.search);
  }
  for (const link of document.querySelectorAll<HTMLAnchorElement>('.crumbs a')) {
    if (!link.search) link.search = sessionStorage.getItem(key(link.pathname)) ?? '';
  }
}

/** Errors first; else what became of the last action, so that it is read out and the next Tab goes on from there. */
function lookAtAnswer(): void {
  const told = document.querySelector<HTMLElement>('.flashes:has(.notice)');
  const errors = document.querySelector<HTMLElement>('.errors');
  if (errors) errors.focus();
  else if (told && !location.hash) told.focus({ preventScroll: true });
}
