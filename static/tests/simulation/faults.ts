/** What can go wrong, by name, and where: at a request, at a commit of a device, between two steps. */
import shared from '../../../tests/simulation/events.json';

/** At the nth request that leaves a tablet; the names are shared with ring B. */
export const REQUEST_FAULTS: readonly string[] = shared.request_faults;

/** At the nth commit of a device's database. */
export const COMMIT_FAULTS = ['tab_dies_before_commit', 'tab_dies_after_commit'] as const;

/** Before the nth step of the story; `0` and `1` name the tablet. */
export const STEP_FAULTS = [
  'restore',
  'restore_silently',
  'clock_server_back',
  'clock_server_on',
  'clock_device_back_0',
  'clock_device_on_0',
  'clock_device_on_1',
  'session_over_0',
  'session_over_1',
  'restart_0',
  'restart_1',
  'second_tab_0',
  'second_tab_1',
  'upgrade_0',
  'clean',
] as const;

export type RequestFault = string;
export type CommitFault = (typeof COMMIT_FAULTS)[number];
export type StepFault = (typeof STEP_FAULTS)[number];

/** `request 12 drop`, `commit 3 tab_dies_before_commit`, `step 7 restore`. */
export interface Fault {
  at: 'request' | 'commit' | 'step';
  number: number;
  kind: string;
}

/** How many requests, commits and steps there have been. */
export type Positions = Record<Fault['at'], number>;

export interface Script {
  request(number: number): RequestFault | null;
  commit(number: number): CommitFault | null;
  step(number: number): StepFault[];
}

/** Exactly these. */
export function scripted(faults: Fault[]): Script {
  const kinds = (at: Fault['at'], number: number) =>
    faults.filter((it) => it.at === at && it.number === number).map((it) => it.kind);
  return {
    request: (number) => (kinds('request', number)[0] as RequestFault | undefined) ?? null,
    commit: (number) => (kinds('commit', number)[0] as CommitFault | undefined) ?? null,
    step: (number) => kinds('step', number) as StepFault[],
  };
}

/** By chance, as often as a bad day has them; a share of the stories has none of one sort. */
export function random(chance: () => number): Script {
  const [ofRequests, ofCommits, ofSteps] = [0.3, 0.02, 0.25].map((most) => most * chance());
  const drawn = <T>(from: readonly T[], share: number): T | null =>
    chance() < share ? (from[Math.floor(chance() * from.length)] as T) : null;
  return {
    request: () => drawn(REQUEST_FAULTS, ofRequests ?? 0),
    commit: () => drawn(COMMIT_FAULTS, ofCommits ?? 0),
    step: () => {
      const found = drawn(STEP_FAULTS, ofSteps ?? 0);
      return found === null ? [] : [found];
    },
  };
}
