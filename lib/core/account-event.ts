/**
 * Who did something to an account, where it wasn't the holder: `operator` on the command line, `import`, or the ARN of whoever
 * called the administrator's API.
 */
export type By = string;
