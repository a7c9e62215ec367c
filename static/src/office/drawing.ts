/** Draws `ui.chart` specifications with the colours of tokens.css, labelled directly, in either theme. */
import { BarChart, HeatmapChart, LineChart, ScatterChart } from 'echarts/charts';
import {
  AriaComponent,
  GeoComponent,
  GridComponent,
  LegendComponent,
  TooltipComponent,
  VisualMapComponent,
} from 'echarts/components';
import * as echarts from 'echarts/core';
import { LabelLayout } from 'echarts/features';
import { SVGRenderer } from 'echarts/renderers';
import { bars, heightOf } from './chart-bars';
import { heat } from './chart-heat';
import type { Spec } from './chart-spec';
import { map } from './map';

echarts.use([
  BarChart,
  LineChart,
  HeatmapChart,
  ScatterChart,
  GeoComponent,
  GridComponent,
  TooltipComponent,
  LegendComponent,
  AriaComponent,
  VisualMapComponent,
  LabelLayout,
  SVGRenderer,
]);

const PAPER = 660; // CSS pixels between the margins of A4

/** Paper is white: a chart takes its colours from the page's theme, so the page is light while it is printed. */
const root = document.documentElement;
let theme: string | undefined;
addEventListener('beforeprint', () => {
  theme = root.dataset.theme;
  root.dataset.theme = 'light';
});
addEventListener('afterprint', () => {
  if (theme === undefined) delete root.dataset.theme;
  else root.dataset.theme = theme;
});

async function option(spec: Spec): Promise<echarts.EChartsCoreOption> {
  const own = spec.type === 'map' ? await map(spec) : spec.type === 'heat' ? heat(spec) : bars(spec);
  const made: { tooltip?: object } = own;
  return {
    animation: false,
    aria: { enabled: true },
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    ...made,
    tooltip: { trigger: 'item', renderMode: 'richText', confine: true, ...made.tooltip },
  };
}

/** Draw one room, again when the theme changes, and follow its size; a mark opens what is behind it. */
export async function draw(room: HTMLElement): Promise<void> {
  const spec = JSON.parse(room.dataset.chart ?? '{}') as Spec;
  const height = heightOf(spec);
  if (height) room.style.height = `${height}px`;
  const first = await option(spec); // a map's outlines come by network: nothing to hover over until then
  const chart = echarts.init(room, null, { renderer: 'svg' });
  chart.setOption(first);
  chart.on('click', (event) => {
    const { url } = (event.data ?? {}) as { url?: string | null };
    if (url) location.assign(url);
  });
  new ResizeObserver(() => {
    if (room.clientWidth) chart.resize(); // a map without any room has no scale
  }).observe(room);
  const paint = async (width: number | 'auto') => {
    chart.resize({ width });
    chart.setOption(await option(spec)); // nothing is fetched any more: before the page is laid out for paper
  };
  addEventListener('beforeprint', () => paint(Math.min(room.clientWidth, PAPER)));
  addEventListener('afterprint', () => paint('auto'));
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => paint('auto'));
}
