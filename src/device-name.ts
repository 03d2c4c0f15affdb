/** What names a device: `cpu`, `cuda` (the first GPU), `cuda:N`, or `emulated` in builds for tests. */

/** What --device and training.device take; `auto` is cuda where there is a GPU, else cpu. */
export const devicePattern = /^(auto|cpu|cuda(:\d{1,2})?|emulated)$/;

export const deviceHelp = 'auto, cpu, cuda or cuda:N';
