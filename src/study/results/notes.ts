/** What the reader of the results must know: what is missing, left out or cannot be known. */
import { count, whole } from '../../report/page/format.ts';
import type { StudyResults } from '../results.ts';
import type { StudyInput } from '../results-input.ts';

type Found = Omit<StudyResults, 'notes'>;

export function notesOf(input: StudyInput, results: Found): string[] {
  return [
    ...missingRuns(input, results),
    ...clusterNotes(input),
    ...leftOut(results),
    ...incomplete(results),
    ...notMeasured(input, results),
    ...unknownScores(input),
    ...baselineNotes(input, results),
  ];
}

function missingRuns({ arms, budgets, seeds, runs }: StudyInput, { arms: found }: Found): string[] {
  const missing = found.filter((arm) => arm.missing.length > 0);
  if (missing.length === 0) return [];
  const expected = arms.length * budgets.length * seeds.length;
  const number = missing.reduce((sum, arm) => sum + arm.missing.length, 0);
  const listed = missing.map(
    (arm) => `${arm.arm} at ${whole(arm.budget)} steps (seed ${arm.missing.join(', ')})`,
  );
  const empty = runs.length === 0 ? ' No run is finished yet.' : '';
  return [`${number} of ${count(expected, 'run')} not finished: ${listed.join('; ')}.${empty}`];
}

function clusterNotes({ seeds, photos }: StudyInput): string[] {
  const notes = [];
  if (seeds.length < 2) {
    notes.push(
      'There is one seed: errors are over photographs only and do not hold what another seed would change.',
    );
  }
  if (photos.length < 2) {
    notes.push(
      'There is one photograph: errors are over seeds only and say nothing about other photographs.',
    );
  }
  if (seeds.length < 2 && photos.length < 2) {
    notes.push('With one seed and one photograph no error can be given.');
  }
  return notes;
}

function leftOut({ arms }: Found): string[] {
  return arms.flatMap(({ arm, budget, measures, against }) => {
    const left = measures.psnrY?.macro.left ?? 0;
    const unpaired = against?.measures.psnrY?.macro.left ?? 0;
    if (left === 0 && unpaired === 0) return [];
    const pairs = against ? ` and ${count(unpaired, 'pair')} in its difference` : '';
    return [
      `${arm} at ${whole(budget)} steps: ${count(left, 'image')} left out of its PSNR${pairs}, since PSNR is infinite (identical images), missing or without a partner.`,
    ];
  });
}

/** Tasks that nothing is known of in a run that is there: they leave all means over tasks unknown. */
function incomplete({ arms }: Found): string[] {
  return arms.flatMap(({ arm, budget, seeds, measures }) => {
    const empty = Object.entries(measures.psnrY?.tasks ?? {}).filter(
      ([, { value }]) => value === null,
    );
    if (seeds.length === 0 || empty.length === 0) return [];
    const names = empty.map(([id]) => id).join(', ');
    return [
      `${arm} at ${whole(budget)} steps: no finite PSNR in ${names}, so that no mean over tasks is given.`,
    ];
  });
}

function notMeasured(input: StudyInput, { measures }: Found): string[] {
  const notes = [];
  if (!measures.includes('distance')) notes.push('No feature distance was measured.');
  if (!measures.includes('brisque')) notes.push('BRISQUE was not measured.');
  const has = (wanted: string) => input.specialists?.some(({ kind }) => kind === wanted) ?? false;
  if (!has('excellence'))
    notes.push('No specialists were measured: gaps to them and RPR are not known.');
  if (!has('acceptance'))
    notes.push('No acceptance networks were measured: AR and RPR are not known.');
  if (input.bicubic.length === 0) {
    notes.push('Bicubic interpolation was not scored: whether it is beaten is not known.');
  }
  if (input.start === null) notes.push('Every run starts from scratch.');
  return notes;
}

function unknownScores({ tasks, runs, bicubic }: StudyInput): string[] {
  const known = new Set(tasks.map(({ id }) => id));
  const all = [...bicubic, ...runs.flatMap(({ scores }) => scores)];
  const others = all.filter(({ set }) => !known.has(set));
  if (others.length === 0) return [];
  const names = [...new Set(others.map(({ set }) => set))].join(', ');
  return [`${count(others.length, 'score')} of sets that are no tasks left out: ${names}.`];
}

function baselineNotes({ arms, baseline }: StudyInput, { arms: found }: Found): string[] {
  if (!arms.some(({ name }) => name === baseline)) {
    return [`The baseline ${baseline} is none of the arms: nothing is compared.`];
  }
  return found.flatMap(({ arm, budget, seeds, against }) => {
    if (arm === baseline || seeds.length === 0) return [];
    if (!against)
      return [`${arm} at ${whole(budget)} steps shares no finished seed with ${baseline}.`];
    if (against.seeds.length === seeds.length) return [];
    return [
      `${arm} at ${whole(budget)} steps is compared with ${baseline} on seed ${against.seeds.join(', ')} only.`,
    ];
  });
}
