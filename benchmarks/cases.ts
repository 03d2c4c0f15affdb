import type { BenchmarkCase } from './case.ts';
import { degradeCases } from './cases/degrade.ts';
import { upscaleCases } from './cases/upscale.ts';

export const cases: readonly BenchmarkCase[] = [...degradeCases, ...upscaleCases];
