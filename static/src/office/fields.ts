/** Fields help while one types: dates also as 民國, money with commas, one submit at a time. */
const ROC = new Intl.DateTimeFormat('zh-TW-u-ca-roc', {
  timeZone: 'Asia/Taipei',
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  weekday: 'narrow',
});

/** 民國115年11月23日（一） of 2026-11-23; empty for anything else. */
export function rocDate(value: string): string {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(value)) return '';
  const parts = new Map(
    ROC.formatToParts(new Date(`${value}T12:00:00+08:00`)).map((part) => [part.type, part.value]),
  );
  const year = Number(value.slice(0, 4)) - 1911;
  if (year < 1) return '';
  return `民國${year}年${Number(value.slice(5, 7))}月${Number(value.slice(8, 10))}日（${parts.get('weekday')}）`;
}

/** 1234567 -> 1,234,567; what is not a plain number stays as typed. */
export function withCommas(value: string): string {
  const digits = value.replace(/[,\s]/g, '');
  return /^\d+$/.test(digits) ? digits.replace(/\B(?=(\d{3})+$)/g, ',') : value;
}

function showRoc(input: HTMLInputElement): void {
  const output = input.parentElement?.querySelector('output.roc');
  if (output) output.textContent = rocDate(input.value);
}

export function prepareFields(root: ParentNode): void {
  for (const input of root.querySelectorAll<HTMLInputElement>('input[data-roc]')) {
    showRoc(input);
    input.addEventListener('input', () => showRoc(input));
  }
  for (const input of root.querySelectorAll<HTMLInputElement>('input[data-money]')) {
    input.value = withCommas(input.value);
    input.addEventListener('change', () => {
      input.value = withCommas(input.value);
    });
  }
  // Enter in a search box looks for something; it does not send the form around it.
  for (const input of root.querySelectorAll<HTMLInputElement>('form[method="post"] input[type="search"]')) {
    input.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') event.preventDefault();
    });
  }
  for (const form of root.querySelectorAll<HTMLFormElement>('form[method="post"]')) {
    form.addEventListener('submit', (event) => onlyOnce(form, event));
  }
}

function onlyOnce(form: HTMLFormElement, event: SubmitEvent): void {
  if (form.dataset.sending) {
    event.preventDefault();
    return;
  }
  form.dataset.sending = 'yes';
  const buttons = [...form.querySelectorAll('button[type="submit"]')];
  for (const button of buttons) button.setAttribute('aria-disabled', 'true');
  // A page that comes back by history may be sent again; the server knows its `once`.
  window.addEventListener('pageshow', () => {
    delete form.dataset.sending;
    for (const button of buttons) button.removeAttribute('aria-disabled');
  });
}
