/** The second step of a sign-in: asked for once the server has said that this account has one. */
import { type Ref, ref } from 'vue';
import type { Proof } from '../../engine';

const ASKING = new Set(['second_step_required', 'bad_code']);

export interface SecondStep {
  readonly wanted: Ref<boolean>;
  readonly code: Ref<string>;
  /** What is sent: the password alone until a code is asked for. */
  proof(password: string): Proof;
  /** Whether the refusal asks for a code. One that was wrong or late is of no more use. */
  asks(error: unknown): boolean;
  forget(): void;
}

export function useSecondStep(): SecondStep {
  const wanted = ref(false);
  const code = ref('');
  return {
    wanted,
    code,
    proof: (password) => (wanted.value ? { password, code: code.value } : password),
    asks(error) {
      if (!ASKING.has(String((error as { code?: unknown } | null)?.code))) return false;
      wanted.value = true;
      code.value = '';
      return true;
    },
    forget() {
      wanted.value = false;
      code.value = '';
    },
  };
}
