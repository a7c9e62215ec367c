/** Small pictures ahead of their originals on the server: inspect_app/sync/previews.py, in memory. */
import type { HttpReply, HttpRequest } from '../../../src/sync/ports';
import { type Durably, problem, reply } from './answers';

export class ServerPreviews {
  /** `<account>/<hash>` -> the finding that was named */
  readonly kept = new Map<string, string>();

  handle(
    request: HttpRequest,
    account: string,
    possessed: boolean,
    durably: Durably,
    cut: number | null,
    opens: (inspection: string) => void,
  ): HttpReply {
    const body = request.body as Uint8Array;
    if (cut !== null && cut < body.length) return problem(400, 'bad_request');
    opens(new URLSearchParams(request.path.split('?')[1]).get('inspection') ?? '');
    if (body[0] !== 0xff || body.at(-1) !== 0xd9) return problem(415, 'unsupported_type');
    const [path = '', query = ''] = request.path.split('?');
    if (!possessed)
      durably.run(() => {
        const key = `${account}/${path.split('/').at(-1)}`;
        if (!this.kept.has(key)) this.kept.set(key, new URLSearchParams(query).get('finding') ?? '');
      });
    return reply(204, '', {});
  }
}
