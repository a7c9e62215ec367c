/** Pictures from the camera or the album onto the disk, one after another. */
import { shallowRef } from 'vue';
import type { Engine, PhotoUse, SavedPhoto } from '../../engine';
import { sentenceOf } from './words';

export interface Intake {
  /** pictures still on their way to the disk */
  readonly left: number;
  readonly problems: string[];
}

export function usePhotos(engine: Engine, inspection: string) {
  const intake = shallowRef<Intake>({ left: 0, problems: [] });

  async function add(files: File[], finding: string | null, use: PhotoUse): Promise<SavedPhoto[]> {
    const saved: SavedPhoto[] = [];
    intake.value = { left: intake.value.left + files.length, problems: [] };
    for (const file of files) {
      try {
        const bytes = new Uint8Array(await file.arrayBuffer());
        saved.push(await engine.addPhoto(inspection, finding, bytes, { filename: file.name }, use));
        intake.value = { ...intake.value, left: intake.value.left - 1 };
      } catch (error) {
        const { left, problems } = intake.value;
        intake.value = { left: left - 1, problems: [...problems, `${file.name}：${sentenceOf(error)}`] };
      }
    }
    return saved;
  }

  return { intake, add };
}
