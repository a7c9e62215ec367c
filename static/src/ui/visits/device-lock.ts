/**
 * Whether the tablet itself is locked by a PIN or a finger. Where one is set, iPadOS and Android encrypt what is stored under
 * it; the browser tells of it by whether it could verify the person by the device. null: this browser does not say.
 */
export async function deviceLock(): Promise<boolean | null> {
  if (typeof PublicKeyCredential === 'undefined') return null;
  try {
    return await PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable();
  } catch {
    return null;
  }
}
