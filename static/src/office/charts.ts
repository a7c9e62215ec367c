/** Charts of the pages: the drawing library is fetched only where a chart stands; the same figures stand in a table. */
export function drawCharts(root: ParentNode): void {
  const rooms = [...root.querySelectorAll<HTMLElement>('[data-chart]')];
  if (rooms.length === 0) return;
  void import('./drawing').then(({ draw }) => {
    for (const room of rooms) void draw(room);
  });
}
