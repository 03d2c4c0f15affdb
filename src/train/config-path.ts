import { z } from 'zod';

/** A file or folder. Relative ones are resolved against the config file by `loadConfig`. */
export const path = z
  .string()
  .min(1)
  .refine((text) => !/[\0\p{Cs}]/u.test(text), 'is not a file name');
