/** Whether an error is the operating system's refusal of a call, as node hands it on. */
export function isSystemError(cause: unknown): cause is NodeJS.ErrnoException {
  return cause instanceof Error && 'syscall' in cause && 'errno' in cause
}
