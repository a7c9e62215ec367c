// What a tablet really holds, read from IndexedDB beside the product: sealed rows are opened here by an own ChaCha20, with
// the key that the PIN unwraps. Tags are not checked: photos are held to their hashes, and JSON that is spoilt does not parse.
async ({account, pin}) => {
  const open = (name) => new Promise((done, failed) => {
    const asked = indexedDB.open(name);
    asked.onsuccess = () => done(asked.result); asked.onerror = () => failed(asked.error);
  });
  const all = (db, name) => new Promise((done, failed) => {
    const asked = db.transaction(name).objectStore(name).getAll();
    asked.onsuccess = () => done(asked.result); asked.onerror = () => failed(asked.error);
  });
  const hex = (bytes) => Array.from(new Uint8Array(bytes), (it) => it.toString(16).padStart(2, '0')).join('');
  const bytesOf = (text) => Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16));

  const dataKey = async () => {
    const people = await open('inspect-app-people');
    const lock = (await all(people, 'locks')).find((it) => it.account === account);
    people.close();
    if (lock === undefined) return null;
    const secret = await crypto.subtle.importKey('raw', new TextEncoder().encode(pin), 'PBKDF2', false, ['deriveKey']);
    const kdf = {name: 'PBKDF2', hash: 'SHA-256', iterations: lock.iterations, salt: bytesOf(lock.salt)};
    const wrapping = await crypto.subtle.deriveKey(kdf, secret, {name: 'AES-GCM', length: 256}, false, ['decrypt']);
    const wrapped = bytesOf(lock.wrapped);
    const cipher = {name: 'AES-GCM', iv: wrapped.slice(0, 12)};
    return new Uint8Array(await crypto.subtle.decrypt(cipher, wrapping, wrapped.slice(12)));
  };

  const words = (bytes) => new Uint32Array(bytes.slice().buffer);
  const turn = (value, by) => (value << by) | (value >>> (32 - by));
  const quarter = (x, a, b, c, d) => {
    x[a] += x[b]; x[d] = turn(x[d] ^ x[a], 16); x[c] += x[d]; x[b] = turn(x[b] ^ x[c], 12);
    x[a] += x[b]; x[d] = turn(x[d] ^ x[a], 8); x[c] += x[d]; x[b] = turn(x[b] ^ x[c], 7);
  };
  const mix = (x) => {
    for (let round = 0; round < 10; round += 1) {
      quarter(x, 0, 4, 8, 12); quarter(x, 1, 5, 9, 13); quarter(x, 2, 6, 10, 14); quarter(x, 3, 7, 11, 15);
      quarter(x, 0, 5, 10, 15); quarter(x, 1, 6, 11, 12); quarter(x, 2, 7, 8, 13); quarter(x, 3, 4, 9, 14);
    }
  };
  const SIGMA = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574];
  const unlocked = (key, sealed) => {
    const nonce = sealed.subarray(1, 25), text = sealed.slice(25, sealed.length - 16);
    const state = Uint32Array.from([...SIGMA, ...words(key), ...words(nonce.slice(0, 16))]);
    mix(state);
    const first = Uint32Array.from([...SIGMA, ...state.slice(0, 4), ...state.slice(12), 1, 0, ...words(nonce.slice(16))]);
    const block = new Uint32Array(16), stream = new Uint8Array(block.buffer);
    for (let at = 0; at < text.length; at += 64, first[12] += 1) {
      block.set(first); mix(block);
      for (let word = 0; word < 16; word += 1) block[word] += first[word];
      for (let place = 0; place < 64 && at + place < text.length; place += 1) text[at + place] ^= stream[place];
    }
    return text;
  };
  const opened = (key, row) => {
    if (row.sealed === undefined) return row;
    const {sealed, ...plain} = row, text = unlocked(key, sealed);
    const end = 5 + new DataView(text.buffer).getUint32(1);
    const rest = JSON.parse(new TextDecoder().decode(text.subarray(5, end)));
    return text[0] === 1 ? {...plain, ...rest, bytes: text.slice(end)} : {...plain, ...rest};
  };

  const key = await dataKey();
  const db = await open('inspect-app/' + account);
  const names = ['operations', 'photos', 'photoBytes'];
  const raw = await Promise.all(names.map((name) => all(db, name)));
  db.close();
  const plain = raw.flat().filter((row) => row.sealed === undefined).length;
  const [operations, photos, bytes] = raw.map((rows) => rows.map((row) => opened(key, row)));
  const whole = [];
  for (const row of bytes)
    if (hex(await crypto.subtle.digest('SHA-256', row.bytes)) === row.sha256) whole.push(row.sha256);
  return {
    operations: operations.map(({id, state, operation}) => ({...operation, id, state})),
    photos: photos.map(({sha256, state, kept}) => ({sha256, state, kept})), whole, broken: bytes.length - whole.length, plain,
  };
}
