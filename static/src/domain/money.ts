/** NT$ 1,234,567. Whole NT$. */
export function formatMoney(amount: number): string {
  const digits = String(Math.abs(amount)).replace(/\B(?=(\d{3})+$)/g, ',');
  return `NT$ ${amount < 0 ? '-' : ''}${digits}`;
}
