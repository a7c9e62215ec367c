/** A row per series, a column per category; the number stands in its cell, an empty cell says that there is none. */
import { colour, type Mark, type Spec, words } from './chart-spec';

export function heat(spec: Spec): object {
  const cells = spec.series.flatMap((series, row) =>
    series.values.flatMap((value, column) =>
      value ? [{ row, column, value, url: series.urls?.[column] }] : [],
    ),
  );
  const most = Math.max(1, ...cells.map((cell) => cell.value));
  const marks: Mark[] = cells.map(({ row, column, value, url }) => ({
    value: [column, row, value],
    url,
    label: { color: colour(value > most * 0.65 ? '--accent-ink' : '--ink') },
  }));
  return {
    grid: { left: 8, right: 8, top: 8, bottom: 8, containLabel: true },
    xAxis: {
      type: 'category',
      position: 'top',
      data: spec.categories,
      axisLabel: { ...words(), interval: 0, width: 13, overflow: 'break', lineHeight: 15 },
      axisTick: { show: false },
      axisLine: { show: false },
      splitArea: { show: true, areaStyle: { color: [colour('--paper'), colour('--paper')] } },
    },
    yAxis: {
      type: 'category',
      inverse: true,
      data: spec.series.map((series) => series.name),
      axisLabel: { ...words(), interval: 0 },
      axisTick: { show: false },
      axisLine: { show: false },
    },
    tooltip: {
      formatter: (mark: { value: [number, number, number] }) =>
        `${spec.categories[mark.value[0]]}，${spec.series[mark.value[1]]?.name}：${mark.value[2]} ${spec.unit ?? ''}`,
    },
    visualMap: { show: false, min: 0, max: most, inRange: { color: [colour('--sunk'), colour('--accent')] } },
    series: [
      {
        type: 'heatmap',
        data: marks,
        label: { show: true, fontSize: 13 },
        itemStyle: { borderColor: colour('--surface'), borderWidth: 2 },
        cursor: 'pointer',
      },
    ],
  };
}
