import { resolve } from 'node:path'
import type { Command as Parser } from 'commander'
import type { DfsTuning } from '../../dfs/index.ts'
import { printable } from '../terminal/width.ts'
import { UsageError } from './fs/failure.ts'

/** Options that namenode, datanode and `dfs start` have in common. UsageError for what they can not be. */

export function addSetOption(command: Parser): Parser {
  return command.option(
    '--set <name=value>',
    'a setting of the DFS, e.g. deadMillis=10000 (docs/dfs.md lists them); may be given again',
    (word: string, before: string[]) => [...before, word],
    [],
  )
}

/** The settings named by `--set`. UsageError for one that is none; whether they fit is checked where they are used. */
export function parseSettings(words: readonly string[], names: readonly string[]): DfsTuning {
  const settings: Record<string, number> = {}
  for (const word of words) {
    const [, name = '', value = ''] = /^([A-Za-z]+)=(.+)$/.exec(word) ?? []
    if (!names.includes(name)) {
      throw new UsageError(`--set ${word}: it has to be name=value with one of ${names.join(', ')}`)
    }
    const number = Number(value)
    if (!Number.isFinite(number)) throw new UsageError(`--set ${word}: ${value} is no number`)
    settings[name] = number
  }
  return settings
}

export function portOf(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= 65_535) return port
  throw new UsageError(`${option} ${text}: a port is a number from 0 to 65535, 0 for any that is free`)
}

export function countOf(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text)
  throw new UsageError(`${option} ${text}: a whole number from 1 on was expected`)
}

/** An id becomes the name of a directory and of a log. */
export const isDatanodeId = (id: string | undefined): id is string => id !== undefined && /^dn\d{1,4}$/.test(id)

export function datanodeIdOf(id: string | undefined): string | undefined {
  if (id === undefined || isDatanodeId(id)) return id
  throw new UsageError(`--id ${printable(id)}: a datanode is called dn and a number of up to four digits, e.g. dn4`)
}

export const absolute = (path: string | undefined, cwd: string): string | undefined =>
  path === undefined ? undefined : resolve(cwd, path)
