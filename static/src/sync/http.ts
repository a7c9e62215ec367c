/** The only fetch of the field app. */
import type { HttpReply, HttpRequest, Transport } from './ports';

/**
 * Same origin, with the session's cookie. Rejects when no answer began in time, or when one that began stopped coming for
 * as long: a long answer over a slow line is read to its end.
 */
export const httpTransport: Transport = async (request) => {
  const patience = patienceOf(request.timeout);
  try {
    const reply = await fetch(request.path, {
      method: request.method,
      headers: { accept: 'application/json', 'x-inspect-app': '1', ...request.headers },
      body: bodyOf(request),
      credentials: 'same-origin',
      cache: 'no-store',
      // A portal answers with its own page: a redirect is never our server's answer.
      redirect: 'error',
      signal: patience.signal,
    });
    return replyOf(reply, await textOf(reply, patience.renew));
  } finally {
    patience.end();
  }
};

/** A signal that aborts when it was not renewed for so many milliseconds. */
function patienceOf(milliseconds: number) {
  const control = new AbortController();
  const begin = () =>
    setTimeout(() => control.abort(new DOMException('no answer', 'TimeoutError')), milliseconds);
  let timer = begin();
  const end = (): void => clearTimeout(timer);
  const renew = (): void => {
    end();
    timer = begin();
  };
  return { signal: control.signal, renew, end };
}

async function textOf(reply: Response, cameOn: () => void): Promise<string> {
  const reader = reply.body?.getReader();
  if (reader === undefined) return '';
  const decoder = new TextDecoder();
  let text = '';
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    cameOn();
    text += decoder.decode(piece.value, { stream: true });
  }
  return text + decoder.decode();
}

const bodyOf = ({ body }: HttpRequest): BodyInit | null =>
  body instanceof Uint8Array ? (body as Uint8Array<ArrayBuffer>) : (body ?? null);

function replyOf(reply: Response, text: string): HttpReply {
  return { status: reply.status, header: (name) => reply.headers.get(name), text };
}
