/**
 * Forms with data-autosave save themselves to the server: a second after the last key, and when the focus leaves.
 * What cannot be saved says so and stays on the page; the buttons work without any of this.
 */
import { signedIn } from './guard';

const QUIET = 1000;

interface Answer {
  version?: number;
  at?: string;
  errors?: Record<string, string>;
  detail?: string;
}

function say(form: HTMLFormElement, text: string, bad = false): void {
  const place = form.querySelector<HTMLElement>('[data-autosave-state]');
  if (!place) return;
  place.textContent = text;
  place.classList.toggle('autosave-bad', bad);
}

function body(form: HTMLFormElement): FormData {
  const data = new FormData(form);
  for (const name of [...data.keys()].filter((key) => key.startsWith('file_'))) data.delete(name);
  return data;
}

async function answer(form: HTMLFormElement): Promise<[boolean, Answer]> {
  const response = await fetch(form.action, {
    method: 'POST',
    body: body(form),
    headers: { 'X-Autosave': '1' },
    credentials: 'same-origin',
    redirect: 'error',
  });
  const json = response.headers.get('Content-Type')?.includes('json');
  return [response.ok && !!json, json ? ((await response.json()) as Answer) : {}];
}

/** Once more with a new token where the session was opened anew in another tab. */
async function answerOrAgain(form: HTMLFormElement): Promise<[boolean, Answer]> {
  const first = await answer(form);
  return first[0] || first[1].errors || !(await signedIn()) ? first : await answer(form);
}

function tell(form: HTMLFormElement, ok: boolean, given: Answer): void {
  const version = form.elements.namedItem('version');
  if (ok && given.version !== undefined && version instanceof HTMLInputElement) {
    version.value = String(given.version);
    say(form, `已存 ${given.at ?? ''}`);
    return;
  }
  const reason = Object.values(given.errors ?? {})[0] ?? given.detail;
  say(form, reason ? `還沒存：${reason}` : '還沒存：請重新登入或稍後再試，內容仍在畫面上。', true);
}

function watch(form: HTMLFormElement): void {
  let timer = 0;
  let running = Promise.resolve();
  let dirty = false;
  const save = () => {
    window.clearTimeout(timer);
    if (!dirty) return;
    dirty = false;
    say(form, '儲存中…');
    running = running.then(async () => {
      try {
        tell(form, ...(await answerOrAgain(form)));
      } catch {
        dirty = true;
        say(form, '還沒存：連不上伺服器，內容仍在畫面上。', true);
      }
    });
  };
  form.addEventListener('input', (event) => {
    if (event.target instanceof HTMLInputElement && event.target.type === 'file') return;
    dirty = true;
    window.clearTimeout(timer);
    timer = window.setTimeout(save, QUIET);
  });
  form.addEventListener('focusout', save);
  form.addEventListener('change', (event) => {
    const chosen = event.target instanceof HTMLInputElement && event.target.dataset.sendNow !== undefined;
    if (chosen) void running.then(() => form.requestSubmit());
  });
  let sending = false;
  form.addEventListener('submit', (event) => {
    if (sending) return;
    event.preventDefault();
    window.clearTimeout(timer);
    dirty = false;
    sending = true;
    const submitter = (event as SubmitEvent).submitter as HTMLElement | null;
    // After this event has ended (a form ignores a second submit inside the first), and past the guard against two.
    void running.then(() =>
      window.setTimeout(() => {
        delete form.dataset.sending;
        form.requestSubmit(submitter);
      }),
    );
  });
}

/** Let the forms of a page save themselves. */
export function saveByThemselves(root: ParentNode): void {
  for (const form of root.querySelectorAll<HTMLFormElement>('form[data-autosave]')) watch(form);
}
