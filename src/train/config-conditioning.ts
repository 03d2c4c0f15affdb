import { z } from 'zod';
import { severityNames } from '../degradation/severities.ts';

/** `network.conditioning`, of the networks that can have it. */
export const conditioning = z
  .strictObject({
    filters: z
      .int()
      .min(1)
      .max(256)
      .default(16)
      .describe('learnt 5x5 filters whose mean absolute and root mean square responses are taken'),
    hidden: z.int().min(1).max(1024).default(32).describe('hidden units of the perceptron'),
    severities: z
      .array(z.enum(severityNames))
      .max(severityNames.length)
      .refine((names) => new Set(names).size === names.length, 'must not repeat one')
      .default([])
      .describe(
        'what of the degradation it learns to estimate beside that; [] leaves all to what restores best',
      ),
    severityWeight: z
      .number()
      .min(0)
      .max(1e6)
      .default(0.01)
      .describe('weight of the mean square error of the estimates in the loss'),
  })
  .nullable()
  .default(null)
  .describe(
    'scales and shifts the channels of hidden layers by what statistics of the whole input tell of its damage; {} adds it',
  );
