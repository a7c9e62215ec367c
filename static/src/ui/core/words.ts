/** The words that several screens share. Codes of the protocol on the left, the field's terms on the right. */

export const SEVERITIES = [
  { value: 'L', text: '輕微' },
  { value: 'M', text: '中等' },
  { value: 'S', text: '嚴重' },
] as const;
export type Severity = (typeof SEVERITIES)[number]['value'];

export const PARTIES = [
  { value: 'contractor', text: '承攬廠商' },
  { value: 'supervision', text: '監造單位' },
  { value: 'owner', text: '主辦機關' },
  { value: 'pcm', text: '專案管理廠商' },
] as const;

export const KINDS = [
  { value: 'defect', text: '缺失' },
  { value: 'design', text: '規劃設計問題及建議' },
  { value: 'advice', text: '其他建議' },
] as const;

export const ASPECTS = [
  { value: 'safety', text: '安全性' },
  { value: 'constructability', text: '施工性' },
  { value: 'maintainability', text: '維護性' },
] as const;

export const ATTENDANCE = [
  { value: 'owner_head', text: '主辦機關首長或主管', party: '主辦機關' },
  { value: 'owner_handler', text: '主辦機關承辦人', party: '主辦機關' },
  { value: 'pcm', text: '專案管理廠商', party: '主辦機關' },
  { value: 'supervision_head', text: '監造現場主管', party: '監造單位' },
  { value: 'supervision_engineer', text: '監造技師／建築師', party: '監造單位', must: true },
  { value: 'contractor_engineer', text: '專任工程人員', party: '承攬廠商', must: true },
  { value: 'contractor_site_head', text: '工地主任／工地負責人', party: '承攬廠商' },
  { value: 'contractor_qc', text: '品管人員', party: '承攬廠商' },
  { value: 'contractor_safety', text: '職業安全衛生人員', party: '承攬廠商' },
  { value: 'integrity', text: '政風人員', party: '其他' },
  { value: 'other', text: '其他人員', party: '其他' },
] as const;

export const TESTS = [
  { value: 'concrete_core', text: '混凝土鑽心' },
  { value: 'asphalt_core', text: '瀝青混凝土鑽心' },
  { value: 'subgrade_compaction', text: '路基壓實度' },
  { value: 'rebar', text: '鋼筋' },
  { value: 'other', text: '其他' },
] as const;

export const JUDGEMENTS = [
  { value: 'main_structure', text: '主要結構與設計不符情節重大' },
  { value: 'main_material', text: '主要材料或設備與設計不符情節重大' },
  { value: 'safety', text: '其他影響安全的重大缺失' },
] as const;

export const USES = [
  { value: 'evidence', text: '佐證' },
  { value: 'site', text: '現場' },
  { value: 'signed_paper', text: '簽名紙本' },
  { value: 'score_paper', text: '評分紙本' },
] as const;

export const TEAM_ROLES: Record<string, string> = { leader: '領隊', member: '查核委員', staff: '工作人員' };

/** The label of a code in one of the lists above; the code itself when the list does not know it. */
export function textOf(list: readonly { value: string; text: string }[], value: unknown): string {
  return list.find((item) => item.value === value)?.text ?? (typeof value === 'string' ? value : '');
}

const ENTITY_WORDS: Record<string, string> = {
  visit: '基本資料',
  attendance: '出席簽到',
  finding: '缺失',
  merit: '優點',
  photo: '照片',
  test: '抽驗',
  judgement: '重大缺失判定',
  score_sheet: '評分表',
  signature: '簽名',
  closing: '結束查核',
  late_decision: '逾時資料處理',
};
export const entityWord = (entity: string): string => ENTITY_WORDS[entity] ?? entity;

const FIELD_WORDS: Record<string, string> = {
  text: '內容',
  code: '編號',
  severity: '缺失情節',
  party: '對象',
  location: '位置',
  kind: '類別',
  aspect: '面向',
  ticks: '勾選項目',
  deleted: '刪除',
  agreed_severity: '議定情節',
  agreed_party: '記點對象',
  points: '扣點',
  also_supervision: '併扣監造',
  also_pcm: '併扣專案管理',
  supervision_points: '監造單位扣點',
  pcm_points: '專案管理扣點',
  agreed: '議定',
  weather: '天氣',
  progress_planned_bp: '預定進度',
  progress_actual_bp: '實際進度',
  works_now: '目前施工概況',
  remarks: '備註',
  improvement_deadline: '改善期限',
  room_cleared_at: '清場時間',
  points_agreed: '扣點議定',
  name: '姓名',
  title: '職稱',
  organisation: '單位',
  present: '出席',
  absence_reason: '缺席原因',
  caption: '說明',
  item: '項目',
  place: '位置',
  quantity: '數量',
  method: '方式',
  laboratory: '試驗室',
  handed_in_at: '交卷時間',
  noted_by: '記錄人',
  finding: '所屬缺失',
  use: '用途',
  retake: '須重拍',
  taken_at: '拍攝時間',
  lat_e7: '緯度（千萬分之一度）',
  lon_e7: '經度（千萬分之一度）',
  accuracy_m: '定位誤差（公尺）',
  role: '身分',
  arrived_at: '到場時間',
  closed_at: '結束時間',
  signed_at: '簽名時間',
  failed: '判定不符',
  decision: '決定',
  reason: '理由',
  q_owner: 'Q 主辦',
  q_supervision: 'Q 監造',
  q_contractor: 'Q 承攬',
  w_structure: 'W 主體',
  w_materials: 'W 材料',
  w_safety: 'W 安全',
  p: 'P',
  env: '環境',
  safety: '安全',
  strength: '強度',
  looks: '美觀',
  function: '功能',
  comment_q: 'Q 說明',
  comment_w: 'W 說明',
  comment_p: 'P 說明',
  progress_basis: '進度依據',
};
export const fieldWord = (field: string): string => FIELD_WORDS[field] ?? field;

/** What happened and what to do next, by the engine's or the server's code. */
const PROBLEMS: Record<string, string> = {
  signed_out: '登入已過期。資料都在本機，請重新登入後繼續傳送。',
  device_revoked: '這台裝置已被停用。請先匯出救援檔，再聯絡查核承辦人。',
  unreachable: '連不到伺服器。資料都在本機，有網路時會自動傳送。',
  not_our_server: '這個網路先要登入（例如飯店或工地 Wi-Fi）。請改用行動網路再傳送。',
  update_needed: '這個版本的 App 太舊，伺服器不收。請重新整理取得新版，資料不會遺失。',
  server_busy: '伺服器忙碌，稍後會自動再傳。',
  storage_full:
    '這台裝置空間不足，已存的資料不受影響。請到「出發前檢查」清出已收妥的照片，或刪除其他檔案後再試。',
  items_parked: '有資料暫時送不出去，請打開同步頁查看原因。',
  items_refused: '有資料被伺服器退回，請打開同步頁查看原因。',
  items_spoilt: '這台裝置上有資料打不開，請到「傳送狀況」查看，處理後再簽名或結束查核。其他資料照常傳送。',
  bytes_missing: '照片打不開，請重拍一張。',
  hash_mismatch: '照片送到後和本機的不一樣，伺服器沒有收，稍後會自動再傳。原檔還在這台裝置上。',
  checksum_mismatch: '照片在路上一再損壞，稍後會自動再傳。原檔還在這台裝置上。',
  no_progress: '伺服器收不下這張照片，稍後會自動再傳。原檔還在這台裝置上。',
  server_error: '伺服器處理這一筆時出錯，稍後會自動再傳。',
  receipt_mismatch: '伺服器收據和本機不符。請勿清除資料，先匯出救援檔並聯絡承辦人。',
  bad_credentials: '帳號或密碼不對，請再輸入一次。',
  wrong_password: '帳號或密碼不對，請再輸入一次。',
  second_step_required: '請再輸入手機驗證器上的驗證碼。',
  second_step_unset: '您的角色要用兩步驟驗證。請先到網頁版登入並設定，再回來登入。',
  bad_code: '驗證碼不正確或已經用過，請填驗證器現在顯示的 6 個數字。',
  sign_in_locked: '連續輸入錯誤，登入已暫時鎖定，請 15 分鐘後再試。',
  password_change_required: '請先到網頁版變更密碼，再回來登入。',
  newer_database: '這台裝置的資料來自較新的版本。請重新整理取得新版，或先匯出救援檔。',
  wrong_pin: '開啟密碼不對，請再輸入一次。',
  pin_wait: '請等倒數結束再試。',
  pin_blocked: '開啟密碼錯了 10 次，請連上網路，用登入密碼開啟。',
  pin_too_short: '開啟密碼至少 6 個字。',
  pin_exists: '另一個分頁已經設好開啟密碼，請重新整理後輸入那一個。',
  pin_wanted: '查核資料是密件，請先設定開啟密碼，再下載到這台裝置。',
  no_key: '伺服器沒有這台裝置的備用鑰匙（裝置停用後不會給）。開啟密碼可以重新再試，想起來就能開啟。',
  locked: '這台裝置已設定開啟密碼，請重新整理後輸入。資料都還在。',
  unreadable: '這台裝置上有資料打不開，沒有更動它。請勿清除資料，聯絡查核承辦人。',
  not_owner: '這是別人的資料，只有本人可以填寫。',
  leader_only: '這一項由領隊填寫。',
  bad_value: '這個值不在可填的範圍內，請改正。',
  storage_not_promised:
    '沒有網路，這個瀏覽器又沒有答應保留資料，不能在這裡開始查核。請連上網路，或從主畫面開啟 App。',
  read_only: '另一個分頁正在填寫這個案件，這裡只能看。請回到那個分頁，或先關閉它。',
  not_on_team: '您不在這個案件的查核小組名單中，請聯絡承辦人。',
  unknown_inspection: '伺服器找不到這個案件，資料已隔離保存，請聯絡承辦人。',
  account_disabled: '帳號已停用，資料已隔離保存，請聯絡承辦人。',
  unknown_field: '伺服器不認得這個欄位，請更新 App 後再傳。',
  unknown_entity: '伺服器不認得這類資料，請更新 App 後再傳。',
  unknown_schema: '這個版本的 App 太舊，請更新後再傳。',
  foreign_author: '這筆資料屬於另一個人，請用原帳號登入後傳送。',
  foreign_device: '這筆資料來自另一台裝置，請在原裝置傳送。',
  photo_missing: '照片還沒傳完，傳完後會自動再送。',
  id_reused: '編號重複。兩份都已保存，請聯絡承辦人。',
  retake: '這不是可以看的照片，請重拍一張。',
  not_an_image: '這不是可以看的照片，請重拍一張。',
  empty_photo: '這張照片沒有內容，請重拍一張。',
  too_large: '這張照片超過大小上限，請改用一般畫質重拍。',
  not_released: '這個案件尚未到場解密。請領隊按「到場」後再下載。',
  forbidden: '您沒有這項權限，請聯絡承辦人。',
  not_found: '伺服器找不到這個案件，請重新整理清單。',
};

/** The sentence for a code; for an unknown one the sentence says what to do and shows the code. */
export function problemText(code: string): string {
  return PROBLEMS[code] ?? `發生沒有預期的狀況（${code}）。資料仍在本機，請再試一次，仍不行請聯絡承辦人。`;
}

/** A sentence from anything that was thrown; the server's own sentence where there is one. */
export function sentenceOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return problemText(String(error));
  const { code, detail } = error as { code?: unknown; detail?: unknown };
  if (typeof detail === 'string' && /[\u4e00-\u9fff]/.test(detail)) return detail;
  return problemText(typeof code === 'string' ? code : error instanceof Error ? error.name : 'unknown');
}

/** 1.4 MB, 820 KB. */
export function bytesText(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  if (bytes >= 1e6) return `${(bytes / 1e6).toFixed(1)} MB`;
  return `${bytes === 0 ? 0 : Math.max(1, Math.round(bytes / 1e3))} KB`;
}

/** 62.35 from basis points; '' for null. */
export const percentText = (bp: unknown): string =>
  typeof bp === 'number' ? (bp / 100).toFixed(2).replace(/\.?0+$/, '') || '0' : '';
