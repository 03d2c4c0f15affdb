/** What a study is made from, opened. */
import { Contents } from './contents.ts';
import type { StudyObserver } from './observer.ts';
import { packTraining } from './photos.ts';
import type { StudyPlan } from './plan.ts';
import { openTestSet, type TestSet } from './test-set.ts';

export interface StudyInputs {
  /** The caller disposes it. */
  test: TestSet;
  contents: Contents;
}

/** Opens the held-out photographs and packs the others. Throws E_STUDY_IMAGES, E_CROP, E_DATA_… */
export async function openInputs(plan: StudyPlan, observer: StudyObserver): Promise<StudyInputs> {
  const test = await openTestSet(plan, observer);
  try {
    const photos = await packTraining(plan, test.photos.images, observer);
    return { test, contents: new Contents(photos, observer.warn.bind(observer)) };
  } catch (error) {
    test.dispose();
    throw error;
  }
}
