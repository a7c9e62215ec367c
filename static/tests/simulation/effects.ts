/** Which faults do the same to a request: the same answer to the tablet, and the same server and line behind it. */
import type { HttpRequest } from '../../src/sync/ports';
import type { Twin } from './backend';
import type { Tab } from './device';
import { REQUEST_FAULTS } from './faults';
import type { Network } from './network';
import type { Story } from './story';
import { wholeOf } from './whole';

const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const lineOf = (network: Network): unknown => [network.underway, network.kept];

/** A request that is about to leave, and all that answers it. */
export class Moment {
  readonly number: number;
  readonly #twin: Twin;
  readonly #network: Network;
  readonly #now: number;
  readonly #signedOut: boolean[];

  constructor(
    story: Story,
    private readonly request: HttpRequest,
    private readonly person: number,
  ) {
    this.number = story.network.requests + 1;
    this.#now = story.serverNow;
    this.#signedOut = [0, 1].map(story.isSignedOut);
    this.#twin = (story.backend as Twin).fork();
    this.#network = this.#line(story.network, this.#twin, '');
  }

  #line(from: Network, twin: Twin, kind: string): Network {
    return from.fork(twin, {
      arriving: () => undefined,
      fault: () => kind,
      now: () => this.#now,
      isSignedOut: (person) => this.#signedOut[person] === true,
      record: () => undefined,
    });
  }

  /** The kinds of faults in groups that do the same here. */
  async groups(known: Map<string, string[][]>): Promise<string[][]> {
    const { request, person } = this;
    const [now, signedOut] = [this.#now, this.#signedOut];
    const question = wholeOf(request, person, now, signedOut, this.#twin.inside, lineOf(this.#network));
    const found = known.get(question) ?? (await this.#grouped());
    known.set(question, found);
    return found;
  }

  async #grouped(): Promise<string[][]> {
    const groups = new Map<string, string[]>();
    for (const kind of REQUEST_FAULTS) {
      const effect = await this.#effect(kind);
      groups.set(effect, [...(groups.get(effect) ?? []), kind]);
    }
    return [...groups.values()];
  }

  /** Told on a copy. How often the server was asked belongs to it: other work on the tablet goes on meanwhile. */
  async #effect(kind: string): Promise<string> {
    const twin = this.#twin.fork();
    const network = this.#line(this.#network, twin, kind);
    let answer: unknown = 'none';
    const database = { dead: false };
    let killed: () => void = () => undefined;
    const death = new Promise<void>((resolve) => {
      killed = resolve;
    });
    const kill = (): void => {
      database.dead = true;
      killed();
    };
    const sent = network
      .transport(this.person)({ database, kill } as unknown as Tab)(this.request)
      .then(
        (reply) => (answer = reply),
        (error) => (answer = `${error}`),
      );
    await Promise.race([sent, death.then(() => allArrived(twin))]);
    return wholeOf(answer, database.dead, twin.rounds, twin.inside, lineOf(network));
  }
}

/** A killed page never hears an answer: it is enough that the server did what it was asked. */
async function allArrived(twin: Twin): Promise<void> {
  for (let before = -1; before !== twin.rounds; ) {
    before = twin.rounds;
    await pause();
    await pause();
  }
}
