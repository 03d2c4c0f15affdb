/** Finds a Python for tests that compare with an independent implementation. The product needs none. */
import { spawnSync } from 'node:child_process';

export interface Python {
  path: string;
  /** false when the modules are there, else the reason to skip, as node:test's `skip` wants it. */
  skip: false | string;
}

/** `EVENSR_TEST_PYTHON` names the interpreter; otherwise python3 from PATH. */
export function pythonWith(...modules: string[]): Python {
  const path = process.env.EVENSR_TEST_PYTHON ?? 'python3';
  const found = spawnSync(path, ['-c', `import ${modules.join(', ')}`]).status === 0;
  return { path, skip: found ? false : `no ${path} with ${modules.join(' and ')}` };
}
