export function sumOf(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

export function dot(a: readonly number[], b: readonly number[]): number {
  return sumOf(a.map((value, index) => value * (b[index] as number)));
}
