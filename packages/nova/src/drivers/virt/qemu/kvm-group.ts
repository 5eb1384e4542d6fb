import { stat } from 'node:fs/promises';
import { isMissing } from './instance-files.ts';

/** The group that may open /dev/kvm, to be a supplementary group of a guest; none where there is no KVM, or it is root's. */
export async function kvmGroup(): Promise<number[]> {
  try {
    const { gid } = await stat('/dev/kvm');
    return gid > 0 ? [gid] : [];
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
