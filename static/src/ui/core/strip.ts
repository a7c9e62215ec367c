/** What the thin strip says: one word, one icon, one tone; the most urgent thing first. */
import type { Status } from '../../engine';
import type { IconName } from './icons';

export interface StripText {
  tone: 'ok' | 'wait' | 'bad';
  icon: IconName;
  text: string;
  detail: string;
}

const SHORT: Record<string, string> = {
  signed_out: '請重新登入',
  device_revoked: '裝置已停用',
  not_our_server: '網路要先登入',
  update_needed: '請更新 App',
  storage_full: '空間不足',
  items_parked: '有資料送不出去',
  items_refused: '有資料被退回',
  items_spoilt: '有資料打不開',
  receipt_mismatch: '收據不符',
};

/** `saving`: a form has something that is not on the disk yet; `failed`: and could not be saved. */
export function stripText(status: Status, saving: boolean, failed = false): StripText {
  const detail = status.offline ? '離線' : status.sending ? '傳送中' : '';
  if (failed) return { tone: 'bad', icon: 'alert', text: '有資料沒存成，請看紅字', detail };
  if (status.problem !== null && status.problem in SHORT)
    return { tone: 'bad', icon: 'alert', text: `有問題：${SHORT[status.problem]}`, detail };
  if (saving || !status.saved) return { tone: 'wait', icon: 'device', text: '儲存中', detail };
  if (status.waiting + status.waitingPhotos > 0)
    return {
      tone: 'wait',
      icon: 'clock',
      text: `已存在本機，等待傳送 ${waitingText(status)}`,
      detail: detail || delayed(status),
    };
  if (status.here === 0) return { tone: 'ok', icon: 'device', text: '這台裝置沒有等待傳送的資料', detail };
  if (status.safe === 'safe') return { tone: 'ok', icon: 'shield', text: '伺服器已收妥', detail };
  if (status.safe === 'sent') return { tone: 'ok', icon: 'check', text: '已傳送，等候收據', detail };
  return { tone: 'ok', icon: 'device', text: '已存在本機', detail };
}

const delayed = (status: Status): string =>
  status.problem === 'unreachable' ? '連不到伺服器' : status.problem === 'server_busy' ? '伺服器忙碌' : '';

export function waitingText({ waiting, waitingPhotos }: Pick<Status, 'waiting' | 'waitingPhotos'>): string {
  const parts = [waiting > 0 ? `${waiting} 筆` : '', waitingPhotos > 0 ? `照片 ${waitingPhotos} 張` : ''];
  return parts.filter(Boolean).join('、');
}
