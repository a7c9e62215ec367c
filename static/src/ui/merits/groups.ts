/** The merit headings of the table (0.01 to 0.05). */
export const MERITS = [
  { value: '0.01', text: '主辦機關' },
  { value: '0.02', text: '監造單位' },
  { value: '0.03', text: '承攬廠商' },
  { value: '0.04', text: '施工品質' },
  { value: '0.05', text: '施工進度' },
] as const;
