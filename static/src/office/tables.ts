/** Tables that keep their heads in sight. Rows that lead somewhere: a click anywhere in the row, arrow keys from row to row. */
export function prepareTables(root: ParentNode): void {
  for (const body of root.querySelectorAll<HTMLTableSectionElement>('.table tbody')) {
    body.addEventListener('click', openRow);
    body.addEventListener('keydown', moveFocus);
  }
  for (const frame of root.querySelectorAll<HTMLElement>('.table-wrap')) watchWidth(frame);
}

/** A table that has its room needs no frame: its head stays at the window's edge, and there is nothing to stop at for the keyboard. */
function watchWidth(frame: HTMLElement): void {
  const table = frame.querySelector('table');
  if (!table) return;
  const settle = () => {
    const fits = table.offsetWidth <= frame.clientWidth;
    frame.classList.toggle('fits', fits);
    frame.tabIndex = fits ? -1 : 0;
  };
  const watch = new ResizeObserver(settle);
  watch.observe(frame);
  watch.observe(table);
}

function openRow(event: MouseEvent): void {
  const target = event.target as Element;
  if (target.closest('a, button, input, select, textarea, label, summary') || getSelection()?.toString())
    return;
  target.closest('tr')?.querySelector<HTMLAnchorElement>('.row-link')?.click();
}

function moveFocus(event: KeyboardEvent): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const link = (event.target as Element).closest('.row-link');
  if (!step || !link) return;
  const links = [...(event.currentTarget as Element).querySelectorAll<HTMLElement>('.row-link')];
  links[links.indexOf(link as HTMLElement) + step]?.focus();
  event.preventDefault();
}
