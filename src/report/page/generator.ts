/** What tells that a file is a report of ours and may be replaced by a newer one. */
export const generatorTag = '<meta name="generator" content="evensr report">';
