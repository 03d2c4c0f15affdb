import { EvensrError, exitCodes } from '../errors.ts';

/** One mistake in a configuration. `origin` is a file or `--set`. */
export interface ConfigProblem {
  origin: string;
  line?: number;
  column?: number;
  /** What is wrong, beginning with the key if there is one. */
  message: string;
  hint?: string;
}

function text(problem: ConfigProblem): string {
  const place = [problem.origin, problem.line, problem.column].filter((x) => x !== undefined);
  return `${place.join(':')}: ${problem.message}${problem.hint ? ` - ${problem.hint}` : ''}`;
}

/** E_CONFIG (exit code 2) with every mistake that was found, in the order of the file. */
export class ConfigError extends EvensrError {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const [first = '', ...others] = problems.map(text);
    super('E_CONFIG', exitCodes.usage, first, { details: others });
    this.problems = problems;
  }
}
