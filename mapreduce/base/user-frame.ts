import { fileURLToPath } from 'node:url'

/** `file:line:column` of the innermost stack frame in a file of the user's, source maps applied; undefined without one. */
export function userFrame(error: unknown): string | undefined {
  if (!(error instanceof Error) || typeof error.stack !== 'string') return undefined
  const own = new URL('../../', import.meta.url)
  const house = ['mapreduce/', 'dfs/', 'bin/', 'chunks/'].map((folder) => fileURLToPath(new URL(folder, own)))
  for (const line of error.stack.split('\n')) {
    const [, place] = /^\s+at (?:.*\()?(.+:\d+:\d+)\)?$/.exec(line) ?? []
    if (place === undefined || place.startsWith('node:') || place.includes('/node_modules/')) continue
    const shown = place.startsWith('file:')
      ? fileURLToPath(place.replace(/:\d+:\d+$/, '')) + (/:\d+:\d+$/.exec(place)?.[0] ?? '')
      : place
    if (!house.some((folder) => shown.startsWith(folder))) return shown
  }
  return undefined
}
