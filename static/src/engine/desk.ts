/** What a person does to an inspection. Every verb resolves when it is durable, and not before. */
import type { EditOptions, PhotoMeta, PhotoUse, SavedPhoto, SignatureInput, Signer } from '../data/api';
import { isQuota, steady } from '../data/database';
import { EngineError } from '../data/errors';
import { addPatch, type Edit, type Edited, type Writer } from '../data/log';
import { isHeld, savePhoto } from '../data/photos';
import { withReserve } from '../data/reserve';
import { closingId, lateDecisionId } from '../domain/ids';
import { entityOf, listOf, type Patch, shownValue } from '../domain/operations';
import type { EntityKind } from '../domain/operations/operation';
import type { Picture } from '../worker/picture';
import type { Beginning } from './beginning';
import type { Context } from './context';
import { photoPatch } from './photo-patch';
import { addClosing, addSignature } from './signing';

export class Desk {
  constructor(
    private readonly context: Context,
    private readonly wrote: (inspection: string) => Promise<void>,
    private readonly beginning: Beginning,
  ) {}

  async edit(
    inspection: string,
    entity: EntityKind,
    entityId: string,
    set: Patch,
    options: EditOptions = {},
  ): Promise<void> {
    const edit: Edit = { inspection, entity, entityId, set, options };
    const edited = await this.#text(inspection, (writer) => addPatch(this.context.db, writer, edit));
    if (edited !== null) await this.#remember(edited);
  }

  async undo(inspection: string): Promise<boolean> {
    const { undo } = this.context.room(inspection);
    const last = undo.pop();
    if (last === undefined) return false;
    const edit: Edit = { inspection, ...last, options: {} };
    await this.#text(inspection, (writer) => addPatch(this.context.db, writer, edit));
    return true;
  }

  sign(inspection: string, signature: SignatureInput, signer: Signer = {}): Promise<void> {
    const { db } = this.context;
    return this.#done(
      this.#text(inspection, (writer) => addSignature(db, writer, inspection, signature, signer)),
    );
  }

  close(inspection: string): Promise<void> {
    return this.#done(this.#text(inspection, (writer) => addClosing(this.context.db, writer, inspection)));
  }

  reopen(inspection: string): Promise<void> {
    return this.edit(inspection, 'closing', closingId(inspection), { deleted: true });
  }

  decideLate(
    inspection: string,
    operation: string,
    decision: 'accept' | 'reject',
    reason: string,
  ): Promise<void> {
    const id = lateDecisionId(inspection, operation);
    return this.edit(inspection, 'late_decision', id, { operation, decision, reason });
  }

  async addPhoto(
    inspection: string,
    finding: string | null,
    bytes: Uint8Array,
    meta: PhotoMeta,
    use: PhotoUse,
  ): Promise<SavedPhoto> {
    const { account, db, device, world } = this.context;
    const about = { account: account.id, device: device.id, inspection, finding };
    const read = await world.readPicture(bytes as Uint8Array<ArrayBuffer>, about);
    if (!read.ok) throw new EngineError(read.code, null, read.detail);
    const { picture } = read;
    const twin = this.#sameAgain(inspection, picture.sha256, finding, use);
    // One whose bytes the disk lost is stored anew, for the entry that is there.
    if (twin !== null && (await steady(db, () => isHeld(db, picture.sha256))))
      return { entityId: twin, sha256: picture.sha256 };
    const entityId = twin ?? world.newId();
    await this.#photo(
      inspection,
      entityId,
      bytes,
      picture,
      photoPatch(picture, bytes.length, meta, finding, use),
      meta,
    );
    return { entityId, sha256: picture.sha256 };
  }

  async #photo(
    inspection: string,
    entityId: string,
    bytes: Uint8Array,
    picture: Picture,
    set: Patch,
    meta: PhotoMeta,
  ): Promise<void> {
    const writer = await this.#writer(inspection);
    const photo = { inspection, filename: meta.filename ?? `${picture.sha256.slice(0, 12)}`, bytes, picture };
    const edit: Edit = { inspection, entity: 'photo', entityId, set, options: {} };
    try {
      // No reserve for photos: it is held back for text.
      const edited = await savePhoto(this.context.db, writer, photo, edit);
      this.context.photoRefused = false;
      if (edited !== null) await this.#remember(edited);
    } catch (error) {
      this.context.photoRefused ||= isQuota(error);
      throw error;
    } finally {
      await this.wrote(inspection);
    }
  }

  /** A double tap, or the same picture taken from the album twice for one finding: one entry. */
  #sameAgain(inspection: string, sha256: string, finding: string | null, use: PhotoUse): string | null {
    const state = this.context.room(inspection).cell.get();
    if (state === null) return null;
    const same = listOf(state.fold, 'photo').find(
      (photo) =>
        shownValue(photo, 'sha256') === sha256 &&
        shownValue(photo, 'finding') === finding &&
        shownValue(photo, 'use') === use,
    );
    return same?.id ?? null;
  }

  /** One strict transaction over the log; text is saved even when the disk is full. */
  async #text(inspection: string, work: (writer: Writer) => Promise<Edited | null>): Promise<Edited | null> {
    const { db } = this.context;
    const writer = await this.#writer(inspection);
    const edited = await withReserve(db, [db.operations, db.photos, db.spoilt], () => work(writer));
    await this.wrote(inspection);
    return edited;
  }

  /** Who writes here; raises why they may not begin. */
  async #writer(inspection: string): Promise<Writer> {
    await this.beginning.allow(inspection);
    return this.context.writer(inspection);
  }

  async #done(work: Promise<unknown>): Promise<void> {
    await work;
  }

  /** Undo sets the values from before; an entity that was new is marked as deleted. */
  async #remember({ row, before }: Edited): Promise<void> {
    const { inspection, entity, entity_id: entityId } = row.operation;
    const room = this.context.room(inspection);
    const fold = room.cell.get()?.fold;
    const kind = entity as EntityKind;
    const known = fold === undefined ? null : entityOf(fold, kind, entityId);
    const fresh = known !== null && Object.keys(known.fields).every((name) => name in before);
    const deletable = ['finding', 'merit', 'photo', 'test', 'attendance'].includes(entity);
    const set = fresh && deletable && wasEmpty(before) ? { deleted: true } : before;
    room.undo.push({ entity: kind, entityId, set });
    await room.refresh();
  }
}

const wasEmpty = (before: Patch): boolean => Object.values(before).every((value) => value === null);
