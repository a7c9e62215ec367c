export { type Alternatives, alternatives, type Option, rebuild, sentence, short } from './alternatives';
export { normaliseCode } from './codes';
export { blockOf, outside, type PointRange, parseRange } from './ranges';
export { type Phrase, type Row, search } from './search';
