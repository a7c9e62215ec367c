/**
 * Hands a file to the person. On the home screen of an iPad a link that downloads saves nothing, or leaves them in a preview
 * without a way back (WebKit bugs 236943 and 275288): there the file goes through the share sheet, which can save it.
 */

/** `again`: the sheet was closed, or the tap too long ago for the browser; the file is to be offered once more. */
export type Outcome = 'saved' | 'again';

/** DOMException names after which a new tap may succeed. */
const TAP_AGAIN = new Set(['AbortError', 'NotAllowedError']);

export async function saveFile(file: File): Promise<Outcome> {
  const shared = { files: [file] };
  if (!onAppleHomeScreen() || navigator.canShare?.(shared) !== true) return download(file);
  try {
    await navigator.share(shared);
    return 'saved';
  } catch (error) {
    if (TAP_AGAIN.has((error as Error).name)) return 'again';
    throw error;
  }
}

/** Only Apple's browsers on phones and tablets know this property. */
const onAppleHomeScreen = (): boolean =>
  (navigator as Navigator & { standalone?: boolean }).standalone === true;

function download(file: File): Outcome {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  return 'saved';
}
