import { type Ref, ref } from 'vue';
import { keepPlace } from '../core/place';
import { sentenceOf } from '../core/words';

/** A choice that may fail: what went wrong is said beside it; else the keyboard keeps its place on the page. */
export function useChoosing(): {
  problem: Ref<string>;
  choose: (work: () => Promise<unknown>) => Promise<void>;
} {
  const problem = ref('');
  async function choose(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
      problem.value = '';
      await keepPlace();
    } catch (error) {
      problem.value = sentenceOf(error);
    }
  }
  return { problem, choose };
}
