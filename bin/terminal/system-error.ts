/** What the operating system said, in words: `No space left on device` for ENOSPC. Nothing for other errors. */
export function systemReason(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error)) return undefined
  const errno = 'errno' in error && typeof error.errno === 'number' ? error.errno : 0
  // Imported, it would be loaded with every command.
  const known = process.getBuiltinModule('node:util').getSystemErrorMap().get(errno)?.[1]
  return known === undefined ? error.message : known.charAt(0).toUpperCase() + known.slice(1)
}
