import type { Writable } from 'node:stream'
import type { styleText } from 'node:util'

type Format = Parameters<typeof styleText>[0]

/** Colours for one stream; every method gives its text back unchanged where the stream shall have none. */
export interface Style {
  readonly enabled: boolean
  bold(text: string): string
  dim(text: string): string
  red(text: string): string
  green(text: string): string
  yellow(text: string): string
  cyan(text: string): string
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Whether a stream gets colours. NO_COLOR (any value but empty) wins, then FORCE_COLOR (anything but empty, 0, false),
 * then whether the stream is a terminal that is not `dumb`.
 */
export function wantsColour(stream: Writable, env: Environment): boolean {
  if ((env['NO_COLOR'] ?? '') !== '') return false
  const forced = env['FORCE_COLOR']
  if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false'
  return isTerminal(stream) && env['TERM'] !== 'dumb'
}

export function isTerminal(stream: Writable): boolean {
  return 'isTTY' in stream && stream.isTTY === true
}

/** The decision is made here once, so styleText's own look at the process is switched off. */
export function styleFor(stream: Writable, env: Environment): Style {
  const enabled = wantsColour(stream, env)
  const paint = (format: Format) => (text: string) =>
    enabled ? process.getBuiltinModule('node:util').styleText(format, text, { validateStream: false }) : text
  return {
    enabled,
    bold: paint('bold'),
    dim: paint('dim'),
    red: paint('red'),
    green: paint('green'),
    yellow: paint('yellow'),
    cyan: paint('cyan'),
  }
}
