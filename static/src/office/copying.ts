/**
 * The copy page: one button per field, Enter goes on to the next one. What was copied is remembered in this browser,
 * by keys without content, so that an interruption loses nothing.
 */
const keyOf = (page: HTMLElement) => `office-copied:${document.body.dataset.account}:${page.dataset.copy}`;

function done(page: HTMLElement): Set<string> {
  return new Set(JSON.parse(localStorage.getItem(keyOf(page)) ?? '[]'));
}

function show(page: HTMLElement): void {
  const copied = done(page);
  const buttons = [...page.querySelectorAll<HTMLButtonElement>('button[data-key]')];
  for (const button of buttons) {
    const is = copied.has(button.dataset.key ?? '');
    button.textContent = is ? '✓ 已複製' : '複製';
    button.closest('li')?.classList.toggle('copied', is);
  }
  const count = buttons.filter((button) => copied.has(button.dataset.key ?? '')).length;
  const note = page.querySelector('.copy-progress');
  if (note) note.textContent = `已複製 ${count} / ${buttons.length} 欄`;
}

async function copy(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement('textarea'); // plain HTTP inside an office network has no clipboard API
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}

export function prepareCopying(root: ParentNode): void {
  for (const page of root.querySelectorAll<HTMLElement>('[data-copy]')) {
    show(page);
    page.addEventListener('click', async (event) => {
      const button = (event.target as Element).closest<HTMLButtonElement>('button[data-key]');
      if (!button) return;
      await copy(button.dataset.value ?? '');
      const copied = done(page).add(button.dataset.key ?? '');
      localStorage.setItem(keyOf(page), JSON.stringify([...copied]));
      show(page);
      const buttons = [...page.querySelectorAll<HTMLButtonElement>('button[data-key]')];
      buttons[buttons.indexOf(button) + 1]?.focus();
    });
  }
}
