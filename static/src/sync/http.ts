/** The only fetch of the field app. */
import type { HttpReply, HttpRequest, Transport } from './ports';

/** Same origin, with the session's cookie. Rejects when no answer came in time. */
export const httpTransport: Transport = async (request) => {
  const reply = await fetch(request.path, {
    method: request.method,
    headers: { accept: 'application/json', 'x-inspect-app': '1', ...request.headers },
    body: bodyOf(request),
    credentials: 'same-origin',
    cache: 'no-store',
    // A portal answers with its own page: a redirect is never our server's answer.
    redirect: 'error',
    signal: AbortSignal.timeout(request.timeout),
  });
  return replyOf(reply, await reply.text());
};

const bodyOf = ({ body }: HttpRequest): BodyInit | null =>
  body instanceof Uint8Array ? (body as Uint8Array<ArrayBuffer>) : (body ?? null);

function replyOf(reply: Response, text: string): HttpReply {
  return { status: reply.status, header: (name) => reply.headers.get(name), text };
}
