/** Pictures taken before there is a finding: the next one that is begun gets them. */
let files: File[] = [];

export function carry(taken: File[]): void {
  files = taken;
}

export function takeCarried(): File[] {
  const taken = files;
  files = [];
  return taken;
}
