/** Bars, stacks and lines, labelled directly. */
import { colour, type Mark, type Series, type Spec, toneOf, words } from './chart-spec';

function marks(spec: Spec, series: Series): Mark[] {
  return series.values.map((value, index) => ({
    value,
    url: series.urls?.[index],
    label: spec.type === 'stack' && !value ? { show: false } : undefined,
  }));
}

function seriesOf(spec: Spec, series: Series, index: number): object {
  const line = spec.type === 'line';
  const stack = spec.type === 'stack';
  const outside = { color: words().color, position: spec.across ? 'right' : 'top' };
  // The pattern of a bar stops at its number: a halo in the bar's own colour.
  const tone = toneOf(spec, series, index);
  const inside = {
    color: colour('--severity-ink'),
    position: 'inside',
    textBorderColor: tone,
    textBorderWidth: 4,
  };
  return {
    name: series.name,
    type: line ? 'line' : 'bar',
    data: marks(spec, series),
    stack: stack ? 'all' : undefined,
    color: tone,
    barMaxWidth: 26,
    barGap: '10%',
    symbolSize: 7,
    lineStyle: { width: 2.5, type: series.tone === 'muted' ? 'dashed' : 'solid' },
    itemStyle: stack ? { borderColor: colour('--surface'), borderWidth: 1 } : undefined,
    label: line ? undefined : { show: true, fontSize: 13, ...(stack ? inside : outside) },
    endLabel: line ? { show: true, formatter: '{a}', ...words() } : undefined,
    labelLayout: line ? { moveOverlap: 'shiftY' } : undefined,
    cursor: series.urls ? 'pointer' : 'default',
  };
}

/** Months thin out where there is no room; every other name is written. */
function names(spec: Spec): object {
  const thin = spec.type === 'line';
  return {
    type: 'category',
    data: spec.categories,
    inverse: spec.across,
    axisLabel: { ...words(), interval: thin ? 'auto' : 0, hideOverlap: thin },
    axisTick: { show: false },
    axisLine: { lineStyle: { color: colour('--line-strong') } },
  };
}

function measure(spec: Spec): object {
  return {
    type: 'value',
    name: spec.across ? undefined : spec.unit,
    minInterval: spec.unit === '%' ? undefined : 1,
    nameTextStyle: words(),
    axisLabel: words(),
    splitLine: { lineStyle: { color: colour('--line') } },
  };
}

export function bars(spec: Spec): object {
  const several = spec.type !== 'line' && spec.series.length > 1;
  return {
    aria: { enabled: true, decal: { show: several } },
    legend: {
      show: several,
      top: 0,
      left: 0,
      itemHeight: 12,
      textStyle: words(),
    },
    grid: {
      left: 8,
      right: spec.type === 'line' ? 96 : spec.across ? 56 : 16,
      top: several ? 40 : spec.across ? 8 : 32,
      bottom: 8,
      containLabel: true,
    },
    tooltip: { trigger: 'axis', valueFormatter: (value: unknown) => `${value ?? '—'} ${spec.unit ?? ''}` },
    xAxis: spec.across ? measure(spec) : names(spec),
    yAxis: spec.across ? names(spec) : measure(spec),
    series: spec.series.map((one, index) => seriesOf(spec, one, index)),
  };
}

/** Where names stand at the side each takes its own line: the height that they need, in pixels. */
export function heightOf(spec: Spec): number | undefined {
  if (spec.type === 'heat') return 56 + 15 * longest(spec.categories) + 30 * spec.series.length;
  if (!spec.across) return undefined;
  const rows = spec.type === 'stack' ? 1 : spec.series.length;
  return 72 + spec.categories.length * (14 + 18 * rows);
}

function longest(names: string[]): number {
  return Math.max(0, ...names.map((name) => name.length));
}
