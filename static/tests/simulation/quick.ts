/** A short fixed campaign: stories that between them pass every promise of the protocol once. */
export const QUICK: string[] = [
  'core',
  // The answer is lost: everything comes twice.
  'core: request 2 drop_answer, request 5 drop_answer',
  'core: request 2 duplicate, request 6 duplicate',
  // An older state behind the server's back, and by the command.
  'core: step 7 restore_silently',
  'core: step 13 restore',
  // The server dies around its commits, the photo's in particular.
  'core: request 2 server_dies_before_1, request 8 server_dies_after_3',
  'core: request 5 server_dies_after_2, request 7 server_dies_after_5',
  // Spoilt on the way, cut, late.
  'core: request 5 corrupt, request 13 cut_mid',
  'core: request 2 delay_long, request 11 answer_cut_mid',
  // Refused by a crash page, by a portal, signed out.
  'core: request 2 crash_page, request 12 signed_out',
  // The tablet dies around its own commits; two tabs.
  'core: commit 6 tab_dies_before_commit, commit 9 tab_dies_after_commit, step 4 second_tab_0',
  // The first that the server hears of a visit is a small picture.
  'seed 50020',
  'seed 2008687',
  // An older state twice over, with an acknowledgement between that no cursor remembers: the receipt tells.
  'seed 1171',
  'core: step 3 clock_server_on, step 8 clock_server_back, step 5 clean',
];
