/**
 * Forms with data-draft keep what is typed in this browser until it is sent: an expired session or a closed window
 * loses nothing. Kept per person; signing out forgets them; passwords and files are never kept. A draft keeps the version
 * that it was typed over, so that what somebody else saved meanwhile is told and not overwritten.
 */
type Kept = Record<string, string[]>;

const SENT = 'office-draft-sent';
const SKIPPED = new Set(['csrf_token', 'once', 'version']);
const account = document.body.dataset.account ?? '';

const keyOf = (form: HTMLFormElement) => `office-draft:${account}:${form.dataset.draft}`;

function controls(form: HTMLFormElement): (HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement)[] {
  return [...form.elements].filter(
    (element): element is HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement =>
      /^(INPUT|SELECT|TEXTAREA)$/.test(element.tagName) &&
      !SKIPPED.has((element as HTMLInputElement).name) &&
      !['password', 'file', 'hidden', 'submit'].includes((element as HTMLInputElement).type),
  );
}

const versionOf = (form: HTMLFormElement) => form.querySelector<HTMLInputElement>('input[name="version"]');

const isChoice = (element: Element): element is HTMLInputElement =>
  element instanceof HTMLInputElement && ['checkbox', 'radio'].includes(element.type);

function read(form: HTMLFormElement): Kept {
  const kept: Kept = {};
  for (const control of controls(form)) {
    const values = kept[control.name] ?? [];
    if (!isChoice(control) || control.checked) values.push(control.value);
    kept[control.name] = values;
  }
  return kept;
}

function keep(form: HTMLFormElement): void {
  const version = versionOf(form)?.value;
  const kept = version === undefined ? read(form) : { ...read(form), version: [version] };
  localStorage.setItem(keyOf(form), JSON.stringify(kept));
}

function write(form: HTMLFormElement, kept: Kept, over?: string): void {
  const version = versionOf(form);
  if (version && over !== undefined) version.value = over;
  for (const control of controls(form)) {
    const values = kept[control.name];
    if (!values) continue;
    if (isChoice(control)) control.checked = values.includes(control.value);
    else control.value = values.shift() ?? control.value;
    control.dispatchEvent(new Event('input', { bubbles: true }));
  }
}

function offerUndo(form: HTMLFormElement, original: Kept, over?: string): void {
  const note = document.createElement('p');
  note.className = 'draft-note';
  note.setAttribute('role', 'status');
  note.append('已帶回您上次還沒送出的內容。');
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'button button-quiet';
  button.textContent = '捨棄，改回原本內容';
  button.addEventListener('click', () => {
    write(form, original, over);
    localStorage.removeItem(keyOf(form));
    note.remove();
  });
  note.append(button);
  form.prepend(note);
}

function restore(form: HTMLFormElement): void {
  const text = localStorage.getItem(keyOf(form));
  if (!text || form.hasAttribute('data-errors')) return;
  const original = read(form);
  const over = versionOf(form)?.value;
  const { version, ...kept } = JSON.parse(text) as Kept;
  if (JSON.stringify(kept) === JSON.stringify(original)) return;
  write(form, kept, version?.[0]);
  offerUndo(form, original, over);
}

/**
 * What the page after a submit tells: led on to a page of ours, nothing is left to keep; a problem, the sign-in or the
 * same form with errors, and the draft stays.
 */
function forgetSent(): void {
  const key = sessionStorage.getItem(SENT);
  sessionStorage.removeItem(SENT);
  if (!key || document.body.matches('.page-problem, .page-sign-in')) return;
  const forms = [...document.querySelectorAll<HTMLFormElement>('form[data-errors]')];
  if (!forms.some((form) => keyOf(form) === key)) localStorage.removeItem(key);
}

function forgetAll(): void {
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith(`office-draft:${account}:`)) localStorage.removeItem(key);
  }
}

export function keepDrafts(): void {
  forgetSent();
  if (!account) return;
  for (const form of document.querySelectorAll<HTMLFormElement>('form[data-draft]')) {
    restore(form);
    form.addEventListener('input', () => keep(form));
    form.addEventListener('submit', () => sessionStorage.setItem(SENT, keyOf(form)));
  }
  document.querySelector('[data-forget-drafts]')?.addEventListener('submit', forgetAll);
}
