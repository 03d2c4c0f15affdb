#!/usr/bin/env node
import { Command } from 'commander';
import { registerConfig } from './commands/config.ts';
import { registerData } from './commands/data.ts';
import { registerDegrade } from './commands/degrade.ts';
import { registerDoctor } from './commands/doctor.ts';
import { Output } from './commands/output.ts';
import { reportError } from './commands/run.ts';
import { registerTasks } from './commands/tasks.ts';
import { EvensrError, exitCodes } from './errors.ts';
import { native } from './native.ts';

const register = [registerDoctor, registerData, registerTasks, registerConfig, registerDegrade];

function build(): Command {
  const program = new Command('evensr')
    .description(
      'task-balanced training, degradation synthesis and batch inference for real-world SR',
    )
    .version(native.info().version)
    .option('--json', 'one JSON document or JSON lines on stdout, nothing else')
    .option('--verbose', 'details of errors')
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  for (const add of register) add(program);
  return program;
}

function isHelp(error: unknown): boolean {
  const code = (error as { code?: string }).code ?? '';
  return ['commander.helpDisplayed', 'commander.version', 'commander.help'].includes(code);
}

// A reader that goes away (`| head`) is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

try {
  await build().parseAsync();
} catch (error) {
  if (!isHelp(error)) {
    const text = (error as Error).message.replace(/^error: /, '').replace(/\n/g, ' ');
    const usage = new EvensrError('E_USAGE', exitCodes.usage, text, { hint: 'see evensr --help' });
    const known = (error as { code?: string }).code?.startsWith('commander.') ? usage : error;
    process.exitCode = reportError(
      known,
      new Output({ json: process.argv.includes('--json'), verbose: false }),
    );
  }
}
