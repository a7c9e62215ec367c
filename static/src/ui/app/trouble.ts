import { tell } from '../core/undo';
import { sentenceOf } from '../core/words';

/** What a button tried and nobody caught: said, instead of nothing happening. */
export function tellTrouble(error: unknown): void {
  console.error(error);
  tell(sentenceOf(error));
}
