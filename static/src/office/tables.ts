/** Rows that lead somewhere: a click anywhere in the row, arrow keys from row to row. */
export function prepareTables(root: ParentNode): void {
  for (const body of root.querySelectorAll<HTMLTableSectionElement>('.table tbody')) {
    body.addEventListener('click', openRow);
    body.addEventListener('keydown', moveFocus);
  }
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
