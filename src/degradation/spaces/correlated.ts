/** How BSRGAN's correlated noise mixes its three channels. */
import type { Random } from '../../rng.ts';
import type { SymmetricMatrix } from '../recipe.ts';
import { compose, eigen } from '../symmetric.ts';

/** The sum of the products of column i and column j of the rows. */
function gram(rows: readonly (readonly number[])[], i: number, j: number): number {
  let sum = 0;
  for (const row of rows) sum += (row[i] as number) * (row[j] as number);
  return sum;
}

/**
 * The covariance |U^T D U| (of the elements the absolute value): D diagonal and uniform in [0, 1), U
 * the left singular vectors of a matrix of uniform numbers, `orth(rand(3, 3))` in the reference
 * (`add_Gaussian_noise` in utils_blindsr.py of cszn/BSRGAN).
 */
export function drawCovariance(random: Random): SymmetricMatrix {
  const diagonal = [random.uniform(), random.uniform(), random.uniform()] as const;
  const columns = Array.from({ length: 3 }, () => [
    random.uniform(),
    random.uniform(),
    random.uniform(),
  ]);
  // Left singular vectors of A are eigenvectors of A A^T, the sum over its columns.
  const product: SymmetricMatrix = [
    gram(columns, 0, 0),
    gram(columns, 0, 1),
    gram(columns, 0, 2),
    gram(columns, 1, 1),
    gram(columns, 1, 2),
    gram(columns, 2, 2),
  ];
  const { vectors } = eigen(product);
  const at = (i: 0 | 1 | 2, j: 0 | 1 | 2): number =>
    Math.abs(
      diagonal[0] * vectors[i][0] * vectors[j][0] +
        diagonal[1] * vectors[i][1] * vectors[j][1] +
        diagonal[2] * vectors[i][2] * vectors[j][2],
    );
  return [at(0, 0), at(0, 1), at(0, 2), at(1, 1), at(1, 2), at(2, 2)];
}

/**
 * M with M n distributed as numpy's `multivariate_normal` draws it for this covariance: by the singular
 * values, which of a symmetric matrix are the absolute eigenvalues. So M = V diag(sqrt |lambda|) V^T,
 * also where the covariance is not positive definite.
 */
export function mixOf(covariance: SymmetricMatrix): SymmetricMatrix {
  const { values, vectors } = eigen(covariance);
  return compose(vectors, [
    Math.sqrt(Math.abs(values[0])),
    Math.sqrt(Math.abs(values[1])),
    Math.sqrt(Math.abs(values[2])),
  ]);
}
