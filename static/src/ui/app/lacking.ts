/** What this browser does not give and the work cannot do without, as a sentence that says what to do; null: nothing. */
export function lacking(): string | null {
  if (globalThis.crypto?.subtle === undefined)
    return '這一頁不是用 https 開啟的，瀏覽器不准它加密和保存資料。請改用 https:// 開頭的網址；沒有這樣的網址，請聯絡承辦人。';
  if (typeof indexedDB === 'undefined')
    return '這個瀏覽器不讓網頁在裝置上保存資料，不能用來查核。iPad 開了「封閉模式」時，請在系統設定把這個網站排除；其他情形請更新或更換瀏覽器。';
  return null;
}
