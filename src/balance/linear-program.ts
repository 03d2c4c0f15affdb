/** One condition on x: row . x <= bound, or = bound. */
export interface Condition {
  readonly row: readonly number[];
  readonly bound: number;
}

export interface LinearProgram {
  /** Coefficients of what is made large. */
  readonly objective: readonly number[];
  readonly atMost: readonly Condition[];
  readonly equal: readonly Condition[];
}

/** Below this a coefficient counts as zero; conditions are of the size of shares and dB. */
const tolerance = 1e-10;

/** Simplex tableau: a row a condition, its last number the bound; `basis` names each row's variable. */
interface Tableau {
  readonly rows: number[][];
  readonly basis: number[];
}

function pivot({ rows, basis }: Tableau, cost: number[], row: number, column: number): void {
  const chosen = rows[row] as number[];
  const value = chosen[column] as number;
  for (let i = 0; i < chosen.length; i++) chosen[i] = (chosen[i] as number) / value;
  for (const other of [...rows, cost]) {
    const factor = other[column] as number;
    if (other === chosen || factor === 0) continue;
    for (let i = 0; i < other.length; i++) {
      other[i] = (other[i] as number) - factor * (chosen[i] as number);
    }
  }
  basis[row] = column;
}

/** The row that bounds a column first; of equals the one with the lowest variable. */
function leavingRow({ rows, basis }: Tableau, column: number): number {
  let best = -1;
  let least = Number.POSITIVE_INFINITY;
  for (const [index, row] of rows.entries()) {
    const value = row[column] as number;
    if (value <= tolerance) continue;
    const ratio = (row.at(-1) as number) / value;
    const tie = ratio <= least + tolerance;
    if (ratio < least - tolerance || (tie && (basis[index] as number) < (basis[best] as number))) {
      best = index;
      least = Math.min(least, ratio);
    }
  }
  return best;
}

/**
 * Makes the costs of all columns below `columns` not positive, by Bland's rule, which cannot cycle.
 * `cost` holds what each variable adds to the objective, reduced by the basis.
 */
function optimise(tableau: Tableau, cost: number[], columns: number): void {
  for (;;) {
    const column = cost.findIndex((value, index) => index < columns && value > tolerance);
    if (column < 0) return;
    const row = leavingRow(tableau, column);
    if (row < 0) return; // Unbounded: bounded programs, which ours are, do not come here.
    pivot(tableau, cost, row, column);
  }
}

/** Conditions as equations with bounds >= 0: variables, then a slack an inequality, then artificials. */
function tableauOf(program: LinearProgram): { tableau: Tableau; columns: number } {
  const { objective, atMost, equal } = program;
  const conditions = [...atMost, ...equal];
  const columns = objective.length + atMost.length;
  const basis: number[] = [];
  const rows = conditions.map(({ row, bound }, index) => {
    const slacks = atMost.map((_, other) => (other === index ? 1 : 0));
    const sign = bound < 0 ? -1 : 1;
    const artificials = conditions.map((_, other) => (other === index ? 1 : 0));
    const startsAtSlack = index < atMost.length && sign > 0;
    basis.push(startsAtSlack ? objective.length + index : columns + index);
    return [...[...row, ...slacks].map((v) => sign * v), ...artificials, sign * bound];
  });
  return { tableau: { rows, basis }, columns };
}

/** Costs of an objective, reduced so that the variables of the basis cost nothing. */
function reduced({ rows, basis }: Tableau, costs: readonly number[]): number[] {
  const cost = [...costs];
  for (const [index, row] of rows.entries()) {
    const factor = costs[basis[index] as number] as number;
    if (factor === 0) continue;
    for (let i = 0; i < row.length; i++)
      cost[i] = (cost[i] as number) - factor * (row[i] as number);
  }
  return cost;
}

/**
 * The x >= 0 that makes a linear objective largest under linear conditions, by the two-phase simplex
 * method (Dantzig; pivots by Bland, Mathematics of Operations Research 2, 1977): exact and the same
 * everywhere, meant for some tens of variables. Null when no x fulfils the conditions.
 */
export function solveLinearProgram(program: LinearProgram): number[] | null {
  const { tableau, columns } = tableauOf(program);
  const { rows, basis } = tableau;
  const width = (rows[0]?.length ?? 1) as number;
  const artificial = Array.from({ length: width }, (_, i) =>
    i >= columns && i < width - 1 ? -1 : 0,
  );
  const first = reduced(tableau, artificial);
  optimise(tableau, first, columns);
  if ((first.at(-1) as number) > 1e-9) return null;
  // An artificial variable that stays in the basis at zero is exchanged where its row allows it.
  for (const [index, row] of rows.entries()) {
    if ((basis[index] as number) < columns) continue;
    const column = row.findIndex((value, i) => i < columns && Math.abs(value) > tolerance);
    if (column >= 0) pivot(tableau, first, index, column);
  }
  const costs = Array.from({ length: width }, (_, i) => program.objective[i] ?? 0);
  optimise(tableau, reduced(tableau, costs), columns);
  const x = program.objective.map(() => 0);
  for (const [index, row] of rows.entries()) {
    const variable = basis[index] as number;
    if (variable < x.length) x[variable] = Math.max(0, row.at(-1) as number);
  }
  return x;
}
