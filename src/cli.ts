#!/usr/bin/env node
import { createRequire } from 'node:module';
import { Command, CommanderError } from 'commander';
import { Output, watchStreams } from './commands/output.ts';
import { reportError } from './commands/run.ts';
import { stopsWithParent, stopWithParent } from './commands/stop-with-parent.ts';
import { EvensrError, exitCodes } from './errors.ts';

type Register = (program: Command) => void;

/** Each command's module is loaded when it is called, or for the list of all. A new one is a line here. */
const register: Record<string, () => Promise<Register>> = {
  doctor: async () => (await import('./commands/doctor.ts')).registerDoctor,
  data: async () => (await import('./commands/data.ts')).registerData,
  tasks: async () => (await import('./commands/tasks.ts')).registerTasks,
  config: async () => (await import('./commands/config.ts')).registerConfig,
  degrade: async () => (await import('./commands/degrade.ts')).registerDegrade,
  train: async () => (await import('./commands/train.ts')).registerTrain,
  evaluate: async () => (await import('./commands/evaluate.ts')).registerEvaluate,
  upscale: async () => (await import('./commands/upscale.ts')).registerUpscale,
  compare: async () => (await import('./commands/compare.ts')).registerCompare,
  export: async () => (await import('./commands/export.ts')).registerExport,
  convert: async () => (await import('./commands/convert.ts')).registerConvert,
  model: async () => (await import('./commands/model.ts')).registerModel,
  report: async () => (await import('./commands/report.ts')).registerReport,
  bench: async () => (await import('./commands/bench.ts')).registerBench,
  study: async () => (await import('./commands/study.ts')).registerStudy,
  demo: async () => (await import('./commands/demo.ts')).registerDemo,
};

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };

/** Errors of the parser tell which command they belong to, so that the hint can name its help. */
function tellCommand(command: Command): void {
  command.exitOverride((error) => {
    throw Object.assign(error, { command });
  });
  command.commands.forEach(tellCommand);
}

async function build(): Promise<Command> {
  const program = new Command('evensr')
    .description(
      'task-balanced training, degradation synthesis and batch inference for real-world SR',
    )
    .version(version)
    .option('--json', 'one JSON document or JSON lines on stdout, nothing else')
    .option('--verbose', 'details of errors')
    .addHelpText('after', '\nExample:\n  evensr doctor\n\nevensr COMMAND --help says more.')
    .showSuggestionAfterError(true)
    .configureOutput({ outputError: () => {} });
  const called = process.argv.slice(2).find((word) => !word.startsWith('-')) ?? '';
  const wanted = Object.hasOwn(register, called) ? [called] : Object.keys(register);
  for (const name of wanted) (await register[name]?.())?.(program);
  tellCommand(program);
  return program;
}

function fullName(command: Command): string {
  return command.parent ? `${fullName(command.parent)} ${command.name()}` : command.name();
}

/** Why the parser showed a help that nobody asked for: no command, or `help` of one that is not there. */
function missingCommand(name: string): string {
  const words = process.argv.slice(2).filter((word) => !word.startsWith('-'));
  const unknown = words[words.indexOf('help') + 1];
  return words.includes('help') ? `there is no command ${unknown}` : `${name} needs a command`;
}

/** The parser's error in our form; nothing for `--help` and `--version`, which only end early. */
function usageError(error: CommanderError & { command?: Command }): EvensrError | undefined {
  if (error.exitCode === 0) return undefined;
  const name = error.command ? fullName(error.command) : 'evensr';
  const isHelp = error.code === 'commander.help';
  const text = isHelp ? missingCommand(name) : error.message.replace(/^error: /, '');
  return new EvensrError('E_USAGE', exitCodes.usage, text.replace(/\n/g, ' '), {
    hint: `see ${name} --help`,
  });
}

const output = new Output({
  json: process.argv.includes('--json'),
  verbose: process.argv.includes('--verbose'),
});

watchStreams();
if (process.env[stopsWithParent]) stopWithParent();
process.on('uncaughtException', (error) => process.exit(reportError(error, output)));

try {
  await (await build()).parseAsync();
} catch (error) {
  const known = error instanceof CommanderError ? usageError(error) : error;
  if (known) process.exitCode = reportError(known, output);
}
