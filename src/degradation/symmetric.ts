/** Symmetric 3 x 3 matrices, with + - * / sqrt only: the same bits on every machine. */

import type { SymmetricMatrix } from './recipe.ts';

type Row = [number, number, number];
type Square = [Row, Row, Row];

export interface Eigen {
  /** Falling. */
  readonly values: Readonly<Row>;
  /** Orthonormal; vectors[i] belongs to values[i], its sign is arbitrary. */
  readonly vectors: readonly [Readonly<Row>, Readonly<Row>, Readonly<Row>];
}

const pairs = [
  [0, 1],
  [0, 2],
  [1, 2],
] as const;

/** Convergence is quadratic: six sweeps leave nothing but rounding, the rest is reserve. */
const sweeps = 12;

/** Turns rows and columns p and q of `a` so that a[p][q] becomes 0, and the vectors with them. */
function rotate(a: Square, vectors: Square, p: 0 | 1, q: 1 | 2): void {
  const slope = (a[q][q] - a[p][p]) / (2 * a[p][q]);
  const size = 1 / (Math.abs(slope) + Math.sqrt(slope * slope + 1));
  const tangent = slope < 0 ? -size : size;
  const cosine = 1 / Math.sqrt(tangent * tangent + 1);
  const sine = tangent * cosine;
  const change = tangent * a[p][q];
  const other = (3 - p - q) as 0 | 1 | 2;
  a[p][p] -= change;
  a[q][q] += change;
  a[p][q] = 0;
  const [left, right] = [a[p][other], a[q][other]];
  a[p][other] = cosine * left - sine * right;
  a[q][other] = sine * left + cosine * right;
  a[other][p] = a[p][other];
  a[other][q] = a[q][other];
  a[q][p] = 0;
  const [first, second] = [vectors[p], vectors[q]];
  vectors[p] = first.map((x, i) => cosine * x - sine * (second[i] as number)) as Row;
  vectors[q] = first.map((x, i) => sine * x + cosine * (second[i] as number)) as Row;
}

/** Eigenvalues and eigenvectors by cyclic Jacobi rotations (Golub and Van Loan, 8.5). */
export function eigen([m00, m01, m02, m11, m12, m22]: SymmetricMatrix): Eigen {
  const a: Square = [
    [m00, m01, m02],
    [m01, m11, m12],
    [m02, m12, m22],
  ];
  const vectors: Square = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ];
  for (let sweep = 0; sweep < sweeps; sweep++) {
    for (const [p, q] of pairs) if (a[p][q] !== 0) rotate(a, vectors, p, q);
  }
  const order = ([0, 1, 2] as const).toSorted((i, j) => a[j][j] - a[i][i]);
  const [first, second, third] = order as [0 | 1 | 2, 0 | 1 | 2, 0 | 1 | 2];
  return {
    values: [a[first][first], a[second][second], a[third][third]],
    vectors: [vectors[first], vectors[second], vectors[third]],
  };
}

/** The sum of weight[i] vectors[i] vectors[i]^T. */
export function compose(vectors: Eigen['vectors'], weights: Readonly<Row>): SymmetricMatrix {
  const at = (i: number, j: number): number =>
    weights[0] * (vectors[0][i] as number) * (vectors[0][j] as number) +
    weights[1] * (vectors[1][i] as number) * (vectors[1][j] as number) +
    weights[2] * (vectors[2][i] as number) * (vectors[2][j] as number);
  return [at(0, 0), at(0, 1), at(0, 2), at(1, 1), at(1, 2), at(2, 2)];
}
