/** The training loop: ARCHITECTURE.md's picture, and nothing else. */
import type { Run } from './run.ts';
import { settle } from './settle.ts';
import type { Control } from './signals.ts';

/** Trains until the last step, or until `control` stops it; the run is saved when this returns. */
export async function train(run: Run, control: Control): Promise<void> {
  // Probe PSNR -> KPI -> focal weight -> quota, and a line of the metrics, whenever they are due.
  while (await settle(run, control)) {
    await run.saveIfDue(control);
    if (run.step >= run.steps || control.stopping) break;
    const step = run.step + 1;
    const batch = await run.take(step); // tasks by quota, recipes, crops; the next one is begun
    const result = await run.update(step, batch); // forward, loss, backward, Adam, moving average
    await run.accept(step, batch, result); // losses by task; a step that is not finite is skipped
  }
  if (run.saver.savedStep !== run.step) await run.save(true);
}
