import type { Package } from '../data/api';
import type { Team } from '../domain/operations';
import { maxima, type Rules } from '../domain/rules';

const known = new Map<string, Team>();

/** Who may write what, as the package says. The same team is the same object, so that what follows from it is kept. */
export function teamOf(pack: Package): Team {
  const key = JSON.stringify([
    pack.visit.team.map(({ account, role, scores }) => [account, role, scores ?? null]),
    sheetOf(pack) ?? null,
  ]);
  const team = known.get(key) ?? readTeam(pack);
  known.set(key, team);
  return team;
}

/** The visit's score sheet; null before release and from a server that does not tell it. */
const sheetOf = ({ visit }: Package) => (visit.rules as Partial<Rules> | undefined)?.score_sheet;

function readTeam(pack: Package): Team {
  const rows = pack.visit.team;
  const sheet = sheetOf(pack);
  const having = (role: string) => rows.filter((row) => row.role === role).map((row) => row.account);
  const scorers = rows.filter(
    (row) => row.role === 'member' || (row.role === 'leader' && row.scores !== false),
  );
  return {
    leader: having('leader')[0] ?? '',
    members: scorers.map((row) => row.account),
    staff: having('staff'),
    ...(sheet ? { sheet: maxima(sheet) } : {}),
  };
}
