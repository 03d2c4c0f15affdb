import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SymmetricMatrix } from '../../src/degradation/recipe.ts';
import { drawCovariance, mixOf } from '../../src/degradation/spaces/correlated.ts';
import { compose, eigen } from '../../src/degradation/symmetric.ts';
import { Random } from '../../src/rng.ts';

function near(found: readonly number[], expected: readonly number[], limit: number): void {
  assert.equal(found.length, expected.length);
  for (const [i, value] of found.entries()) {
    assert.ok(Math.abs(value - (expected[i] as number)) <= limit, `${found} near ${expected}`);
  }
}

function squared([a, b, c, d, e, f]: SymmetricMatrix): SymmetricMatrix {
  return [
    a * a + b * b + c * c,
    a * b + b * d + c * e,
    a * c + b * e + c * f,
    b * b + d * d + e * e,
    b * c + d * e + e * f,
    c * c + e * e + f * f,
  ];
}

// With numpy 2: w, V = numpy.linalg.eigh(C); V @ numpy.diag(numpy.sqrt(abs(w))) @ V.T
const indefinite: SymmetricMatrix = [0.5, 0.4, 0.3, 0.2, 0.35, 0.6];

test('eigenvalues and the mix are those of numpy, also of a matrix that is not positive', () => {
  near(eigen(indefinite).values, [1.14776827, 0.25783096, -0.10559923], 1e-8);
  near(
    mixOf(indefinite),
    [0.67080699, 0.23488781, 0.19500205, 0.50620266, 0.21208702, 0.72706075],
    1e-8,
  );
});

test('eigenvectors are orthonormal and give the matrix back', () => {
  const random = new Random(5, 0, 0);
  const entry = () => random.between(-1, 1);
  for (let i = 0; i < 2000; i++) {
    const matrix: SymmetricMatrix = [entry(), entry(), entry(), entry(), entry(), entry()];
    const { values, vectors } = eigen(matrix);
    assert.ok(values[0] >= values[1] && values[1] >= values[2]);
    near(compose(vectors, values), matrix, 2e-15);
    near(compose(vectors, [1, 1, 1]), [1, 0, 0, 1, 0, 1], 2e-15);
  }
});

test('diagonal, equal and vanishing matrices are no exceptions', () => {
  assert.deepEqual(mixOf([4, 0, 0, 9, 0, 1]), [2, 0, 0, 3, 0, 1]);
  assert.deepEqual(mixOf([0, 0, 0, 0, 0, 0]), [0, 0, 0, 0, 0, 0]);
  near(squared(mixOf([1, 1, 1, 1, 1, 1])), [1, 1, 1, 1, 1, 1], 1e-15);
});

test('the mix of a drawn covariance is its square root', () => {
  for (let i = 0; i < 2000; i++) {
    const covariance = drawCovariance(new Random(6, 0, i));
    assert.ok(covariance.every((part) => part >= 0 && part <= 1));
    near(squared(mixOf(covariance)), covariance, 1e-14);
  }
});
