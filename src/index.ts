/** The public API of evensr. */
export { Balancer, type BalancerState, type TaskStatus } from './balance/balancer.ts';
export { type BalanceConfig, balanceDefaults } from './balance/config.ts';
export { focalWeight } from './balance/focal.ts';
export { kpi } from './balance/kpi.ts';
export type { BalanceContext, BalanceRule, Decision, Observation } from './balance/rule.ts';
export { balanceRule, balanceRules } from './balance/rules/index.ts';
export { QuotaSampler } from './balance/sampler.ts';
export { type Axis, axes } from './degradation/axes.ts';
export { sampleCompatBatch } from './degradation/compat.ts';
export { packRecipes, recipeFields, unpackRecipe } from './degradation/pack.ts';
export type { Recipe, StageRecipe } from './degradation/recipe.ts';
export { type Bound, isInTask, type Task } from './degradation/region.ts';
export { type SampleOptions, sampleRecipe } from './degradation/sample.ts';
export { type DegradationSpace, defineSpace, realEsrganSpace } from './degradation/space.ts';
export { type Boundaries, defaultBoundaries, defineTasks, taskOf } from './degradation/task.ts';
export { EvensrError, exitCodes } from './errors.ts';
export { native } from './native.ts';
export { philox4x32, Random, streams } from './rng.ts';
