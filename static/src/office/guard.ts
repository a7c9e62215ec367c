/**
 * A form is sent only while its session lives. One that ended, or a server that cannot be reached, is told on the page
 * itself, and everything typed stays in its fields: nothing is stored, so that plans under seal may be typed here, too.
 * Forms that keep a draft (data-draft) come back by themselves and need none of this.
 */
const ALIVE = '/office/alive';
const PATIENCE = 15_000;

interface Session {
  account: string;
  csrf_token: string;
}

const account = document.body.dataset.account ?? '';
const cleared = new WeakSet<HTMLFormElement>();
const asking = new WeakSet<HTMLFormElement>();

async function session(): Promise<Session> {
  const answer = await fetch(ALIVE, { credentials: 'same-origin', signal: AbortSignal.timeout(PATIENCE) });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return (await answer.json()) as Session;
}

/** Whether this page's person is signed in; a session that was opened anew in another tab gives its token to all forms. */
export async function signedIn(): Promise<boolean> {
  const now = await session();
  if (now.account !== account) return false;
  for (const field of document.querySelectorAll<HTMLInputElement>('input[name="csrf_token"]')) {
    field.value = now.csrf_token;
  }
  return true;
}

function tell(form: HTMLFormElement, words: string, link: boolean): void {
  form.querySelector('.guard')?.remove();
  const note = document.createElement('div');
  note.className = 'notice notice-warn guard';
  note.setAttribute('role', 'alert');
  const text = document.createElement('p');
  text.textContent = words;
  note.append(text);
  if (link) {
    const door = document.createElement('a');
    door.href = '/office/sign-in';
    door.target = '_blank';
    door.textContent = '在新分頁登入';
    note.append(door);
  }
  form.append(note);
  note.scrollIntoView({ block: 'nearest' });
}

async function maySend(form: HTMLFormElement): Promise<boolean> {
  try {
    if (await signedIn()) return true;
    tell(form, '登入已逾時，已填的內容還在這一頁。請在新分頁登入，回到這一頁再按一次。', true);
  } catch {
    tell(form, '連不上伺服器，已填的內容還在這一頁。請稍後再按一次。', false);
  }
  return false;
}

async function check(form: HTMLFormElement, button: HTMLElement | null): Promise<void> {
  asking.add(form);
  const may = await maySend(form);
  asking.delete(form);
  if (!may) return;
  form.querySelector('.guard')?.remove();
  cleared.add(form);
  form.requestSubmit(button);
}

const guarded = (form: HTMLFormElement): boolean =>
  form.method === 'post' && form.dataset.draft === undefined && form.matches('.form');

/** Before anything else hears of a submit. */
export function guardForms(): void {
  if (!account) return;
  document.addEventListener(
    'submit',
    (event) => {
      const form = event.target as HTMLFormElement;
      if (!guarded(form) || cleared.delete(form)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (!asking.has(form)) void check(form, (event as SubmitEvent).submitter);
    },
    { capture: true },
  );
}
