/** What images are scored by. */
import type { StudyScore } from '../results-input.ts';

export const measureKeys = ['psnrY', 'ssimY', 'distance', 'brisque'] as const;
export type MeasureKey = (typeof measureKeys)[number];

export interface Measure {
  title: string;
  unit: string;
  better: 'higher' | 'lower';
  /** Digits behind the point of a value, and of a difference. */
  digits: number;
  differenceDigits: number;
}

export const measures: Record<MeasureKey, Measure> = {
  psnrY: { title: 'PSNR-Y', unit: 'dB', better: 'higher', digits: 2, differenceDigits: 3 },
  ssimY: { title: 'SSIM-Y', unit: '', better: 'higher', digits: 4, differenceDigits: 4 },
  distance: {
    title: 'feature distance',
    unit: '',
    better: 'lower',
    digits: 4,
    differenceDigits: 4,
  },
  brisque: { title: 'BRISQUE', unit: '', better: 'lower', digits: 2, differenceDigits: 3 },
};

/** The value of a score; NaN where it was not measured. */
export function scoreOf(score: StudyScore, key: MeasureKey): number {
  return score[key] ?? Number.NaN;
}

/** Measures that any of the scores has, in their order. */
export function measuresOf(scores: readonly StudyScore[]): MeasureKey[] {
  return measureKeys.filter((key) => scores.some((score) => !Number.isNaN(scoreOf(score, key))));
}
