/** Draws `ui.chart` specifications with the colours of tokens.css, labelled directly, in either theme. */
import { BarChart, HeatmapChart, LineChart } from 'echarts/charts';
import {
  AriaComponent,
  GridComponent,
  LegendComponent,
  TooltipComponent,
  VisualMapComponent,
} from 'echarts/components';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

echarts.use([
  BarChart,
  LineChart,
  HeatmapChart,
  GridComponent,
  TooltipComponent,
  LegendComponent,
  AriaComponent,
  VisualMapComponent,
  SVGRenderer,
]);

interface Series {
  name: string;
  values: (number | null)[];
  tone?: string;
}

interface Spec {
  type: 'bar' | 'stack' | 'line' | 'heat';
  categories: string[];
  series: Series[];
  unit?: string;
  urls?: string[];
}

const TONES: Record<string, string> = {
  accent: '--accent',
  muted: '--line-strong',
  L: '--severity-l',
  M: '--severity-m',
  S: '--severity-s',
  good: '--safe',
  bad: '--problem',
  wait: '--waiting',
};
const ORDER = ['--accent', '--severity-m', '--line-strong', '--severity-l', '--severity-s'];

/** A token's value as a plain colour: a probe resolves light-dark(). */
function colour(token: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${token})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

/** The series' own tone, or the next colour that no series has asked for. */
function toneOf(spec: Spec, series: Series, index: number): string {
  const asked = TONES[series.tone ?? ''];
  if (asked) return colour(asked);
  const free = ORDER.filter((token) => !spec.series.some((one) => TONES[one.tone ?? ''] === token));
  return colour(free[index % free.length] ?? '--accent');
}

function seriesOf(spec: Spec, series: Series, index: number): object {
  const line = spec.type === 'line';
  const label = { color: colour('--ink-2'), fontSize: 13 };
  return {
    name: series.name,
    type: line ? 'line' : 'bar',
    data: series.values,
    stack: spec.type === 'stack' ? 'all' : undefined,
    color: toneOf(spec, series, index),
    barMaxWidth: 28,
    symbolSize: 7,
    lineStyle: { width: 2.5, type: index % 2 ? 'dashed' : 'solid' },
    label: line ? undefined : { show: spec.type === 'bar', position: 'top', ...label },
    endLabel: line ? { show: true, formatter: '{a}', ...label } : undefined,
    cursor: spec.urls ? 'pointer' : 'default',
  };
}

function axes(spec: Spec): object {
  const text = { color: colour('--ink-2'), fontSize: 13 };
  const line = { lineStyle: { color: colour('--line') } };
  const names = {
    type: 'category',
    data: spec.categories,
    axisLabel: { ...text, hideOverlap: true },
    axisLine: line,
  };
  if (spec.type === 'heat') {
    return {
      xAxis: { ...names, position: 'top' },
      yAxis: {
        type: 'category',
        inverse: true,
        data: spec.series.map((series) => series.name),
        axisLabel: text,
      },
    };
  }
  return {
    xAxis: names,
    yAxis: { type: 'value', name: spec.unit, nameTextStyle: text, axisLabel: text, splitLine: line },
  };
}

function heat(spec: Spec): object {
  const cells = spec.series.flatMap((series, row) =>
    series.values.map((value, column) => [column, row, value]),
  );
  const most = Math.max(1, ...cells.map((cell) => cell[2] ?? 0));
  return {
    visualMap: { show: false, min: 0, max: most, inRange: { color: [colour('--sunk'), colour('--accent')] } },
    series: [
      {
        type: 'heatmap',
        data: cells,
        label: { show: true },
        itemStyle: { borderColor: colour('--paper'), borderWidth: 2 },
      },
    ],
  };
}

function option(spec: Spec): echarts.EChartsCoreOption {
  return {
    animation: false,
    aria: { enabled: true, decal: { show: spec.type === 'stack' } },
    legend: {
      show: spec.type === 'stack',
      top: 0,
      left: 0,
      itemHeight: 12,
      textStyle: { color: colour('--ink-2') },
    },
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    grid: {
      left: 8,
      right: spec.type === 'line' ? 96 : 16,
      top: spec.type === 'stack' ? 48 : 32,
      bottom: 8,
      containLabel: true,
    },
    tooltip: { trigger: spec.type === 'heat' ? 'item' : 'axis', renderMode: 'richText', confine: true },
    ...axes(spec),
    ...(spec.type === 'heat'
      ? heat(spec)
      : { series: spec.series.map((one, index) => seriesOf(spec, one, index)) }),
  };
}

/** Draw one room, again when the theme changes, and follow its size; a mark opens what is behind it. */
export function draw(room: HTMLElement): void {
  const spec = JSON.parse(room.dataset.chart ?? '{}') as Spec;
  const chart = echarts.init(room, null, { renderer: 'svg' });
  chart.setOption(option(spec));
  chart.on('click', (event) => {
    const url = spec.urls?.[event.dataIndex];
    if (url) location.assign(url);
  });
  new ResizeObserver(() => chart.resize()).observe(room);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => chart.setOption(option(spec)));
}
