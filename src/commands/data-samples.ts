import { type Command, Option } from 'commander';
import { warningText } from '../data/problem.ts';
import { type FetchedSamples, fetchSamples, planSamples } from '../data/samples/fetch.ts';
import { expectedCounts, type SampleSet, sampleSets } from '../data/samples/sets.ts';
import { exitCodes } from '../errors.ts';
import { formatBytes } from './bytes.ts';
import type { Output } from './output.ts';
import { progressBar } from './progress.ts';
import { runs } from './run.ts';

/** Fetches a set of sample photographs and tells people about it; shared by commands that need one. */
export async function fetchSamplesTelling(set: SampleSet, output: Output): Promise<FetchedSamples> {
  const bars = new Map<string, ReturnType<typeof progressBar>>();
  const fetched = await fetchSamples(set, {
    onPlan: (plan) => {
      const list = plan.downloads.map((one) => `${one.package} ${formatBytes(one.bytes)}`);
      output.note(
        `evensr: downloading ${formatBytes(plan.bytes)} of Debian packages with photographs, once: ${list.join(', ')}`,
      );
    },
    onProgress: ({ package: name, stage, done, total }) => {
      const title = stage === 'download' ? `downloading ${name}` : `preparing ${name}`;
      const bar = bars.get(title) ?? progressBar(output, title);
      bars.set(title, bar);
      bar(stage === 'download' ? { done, total, bytes: done } : { done, total });
    },
  });
  for (const bar of bars.values()) bar();
  for (const { package: name, reason } of fetched.failed)
    output.warn(
      'E_SAMPLES_PACKAGE',
      `${name} could not be fetched - ${reason} - the others are used`,
    );
  for (const warning of fetched.warnings) output.warn(warning.code, warningText(warning));
  return fetched;
}

export function registerFetchSamples(data: Command): void {
  const sizes = 'test: 30 MB, demo: 214 MB, full: 425 MB, study: 656 MB to download';
  const command = data
    .command('fetch-samples')
    .description('install real photographs from Debian packages into the cache (no root needed)')
    .addOption(
      new Option('--set <name>', `how many (${sizes})`).choices([...sampleSets]).default('demo'),
    )
    .option('--dry-run', 'say what would be downloaded, and how much, and stop')
    .addHelpText('after', '\nExample:\n  evensr data fetch-samples --set test');
  runs<{ set: SampleSet; dryRun?: boolean }>(command, async ({ set, dryRun }, output) => {
    if (dryRun) {
      const plan = await planSamples(set);
      output.document({ set, ...plan, counts: expectedCounts(set) });
      for (const one of plan.downloads)
        output.line(
          `${formatBytes(one.bytes).padStart(8)}  ${one.package} ${one.version}${one.available || one.fromArchive ? '' : ' (apt does not know it)'}`,
        );
      output.line(
        plan.complete ? 'nothing to download' : `${formatBytes(plan.bytes).padStart(8)}  in all`,
      );
      return undefined;
    }
    const { folders, counts, failed, warnings } = await fetchSamplesTelling(set, output);
    output.document({ set, folders, counts, failed, warnings });
    for (const [role, folder] of Object.entries(folders))
      output.line(
        `${role.padEnd(11)}${String(counts[role as 'train']).padStart(4)} photographs  ${folder}`,
      );
    return failed.length > 0 ? exitCodes.someFailed : exitCodes.ok;
  });
}
