/**
 * Graphs as expressions: two graphs compute the same when their results are the same expression, whatever
 * their nodes are called and however a sum or a fused activation is written.
 */
import { inputName, type NetworkSpec } from '../spec.ts';

/** An expression's number. Equal expressions of one table have equal numbers. */
export type Expression = number;

export interface Term {
  factor: number;
  of: Expression;
}

export class ExpressionTable {
  readonly #numbers = new Map<string, Expression>();
  /** Expressions that are a number times another one. */
  readonly #scaled = new Map<Expression, Term>();

  /** An operator with its attributes, applied to expressions in their order. */
  apply(operator: string, attributes: unknown, inputs: readonly Expression[]): Expression {
    const text = `${operator} ${JSON.stringify(attributes)} ${inputs.join()}`;
    const found = this.#numbers.get(text) ?? this.#numbers.size;
    this.#numbers.set(text, found);
    return found;
  }

  scaled(factor: number, of: Expression): Expression {
    if (factor === 1) return of;
    const inner = this.#scaled.get(of) ?? { factor: 1, of };
    const term = { factor: factor * inner.factor, of: inner.of };
    const made = this.apply('scaled', term.factor, [term.of]);
    this.#scaled.set(made, term);
    return made;
  }

  /** In any order. */
  sum(terms: readonly Term[]): Expression {
    const plain = terms.map(({ factor, of }) => {
      const inner = this.#scaled.get(of) ?? { factor: 1, of };
      return { factor: factor * inner.factor, of: inner.of };
    });
    const sorted = plain.sort((a, b) => a.of - b.of || a.factor - b.factor);
    const factors = sorted.map(({ factor }) => factor);
    return this.apply(
      'sum',
      factors,
      sorted.map(({ of }) => of),
    );
  }

  get input(): Expression {
    return this.apply('input', null, []);
  }
}

/**
 * What a network computes. The node that brings the k-th set of parameters is told from others by k, so
 * that graphs agree only when their weights have the same places.
 */
export function expressionOf(spec: NetworkSpec, table: ExpressionTable): Expression {
  const made = new Map<string, Expression>([[inputName, table.input]]);
  let weighted = 0;
  for (const node of spec.nodes) {
    const inputs = node.inputs.map((name) => made.get(name) as Expression);
    const [a, b] = inputs as [Expression, Expression];
    let result: Expression;
    if (node.op === 'add') {
      const terms = [
        { factor: 1, of: a },
        { factor: node.attributes.scale, of: b },
      ];
      result = table.sum(terms);
    } else if (node.parameters.length > 0) {
      result = table.apply(node.op, weighted++, inputs);
    } else result = table.apply(node.op, node.attributes, inputs);
    made.set(node.name, result);
  }
  return made.get(spec.output) as Expression;
}
