import { OutputClosed, write } from '../terminal/output.ts'
import type { Command, CommandIo } from './command.ts'
import { type OwnOptions, parseArguments, takeOwnOptions } from './fs/arguments.ts'
import { RootError, UsageError } from './fs/failure.ts'
import { findVerb, helpText, usageLine, usageText } from './fs/help.ts'
import { leftOut } from './fs/left-out.ts'
import { RoutedFileSystem } from './fs/routed-file-system.ts'
import { FsSession } from './fs/session.ts'
import type { Verb } from './fs/verb.ts'
import { verbs } from './fs/verbs.ts'
import { lazyDfs } from './lazy-dfs.ts'
import { dfsRoot, openFailure } from './root.ts'
import { nearest } from './suggest.ts'
import { userOf } from './user.ts'

/** Hadoop's -1. */
const usageExitCode = 255
const interruptedExitCode = 130

export const command: Command = {
  name: 'fs',
  summary: "the file system: hadoop fs's verbs, with or without the dash",
  run: runFs,
}

async function runFs(argv: readonly string[], io: CommandIo): Promise<number> {
  let verb: Verb | undefined
  let name = 'fs'
  try {
    const before = optionsBeforeVerb(argv)
    const [word, ...rest] = before.rest
    if (word === undefined) {
      await write(before.help ? io.stdout : io.stderr, before.help ? helpText([], 'help') : usageText())
      return before.help ? 0 : usageExitCode
    }
    name = word.replace(/^-/, '')
    if (name === 'help' || name === 'usage') {
      await write(io.stdout, helpText(rest, name))
      return 0
    }
    verb = findVerb(name)
    if (verb === undefined) throw new UsageError(unknownVerb(word, name))
    const own = takeOwnOptions(rest)
    if (own.help || before.help) {
      await write(io.stdout, helpText([name], 'help'))
      return 0
    }
    return await runVerb(verb, { ...own, root: own.root ?? before.root, json: own.json || before.json }, io)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    await write(io.stderr, `-${name}: ${error.message}\n${verb === undefined ? '' : `${usageLine(verb)}\n`}`)
    return usageExitCode
  }
}

/** The words before the verb, and the verb with all behind it as `rest`. */
function optionsBeforeVerb(argv: readonly string[]): OwnOptions {
  let at = 0
  while (at < argv.length && argv[at]?.startsWith('--')) at += argv[at] === '--root' ? 2 : 1
  const own = takeOwnOptions(argv.slice(0, at))
  return { ...own, rest: [...own.rest, ...argv.slice(at)] }
}

function unknownVerb(word: string, name: string): string {
  const reason = leftOut.get(name)
  if (reason !== undefined) return `not in quern: ${reason}`
  const meant = nearest(
    name,
    verbs.map((verb) => verb.name),
  )
  return meant === undefined
    ? 'Unknown command'
    : `Unknown command\nDid you mean ${word.startsWith('-') ? '-' : ''}${meant}?`
}

async function runVerb(verb: Verb, own: OwnOptions, io: CommandIo): Promise<number> {
  if (own.json && verb.json !== true) throw new UsageError('Illegal option --json')
  // A find's expression stands behind its paths and is its own to read.
  const parsed = parseArguments(verb.name === 'find' ? ['--', ...own.rest] : own.rest, verb)
  const flags = new Set([...parsed.flags, ...(verb.deprecated?.flags ?? [])])
  if (verb.deprecated !== undefined) {
    await write(io.stderr, `${verb.name}: DEPRECATED: Please use '${verb.deprecated.insteadOf}' instead.\n`)
  }
  const run = await verb.load()
  io.signal.throwIfAborted()
  const user = userOf(io)
  const root = dfsRoot(own.root, io)
  const lazy = lazyDfs({ root, create: verb.makesRoot }, io)
  const dfs = new RoutedFileSystem(user, {
    own: async () => {
      try {
        return await lazy.open()
      } catch (error) {
        throw new RootError(openFailure(error, root), { cause: error })
      }
    },
    remote: async (origin) => {
      const { openFileSystem } = await import('../../dfs/index.ts')
      return await openFileSystem(origin, { user, env: io.env, signal: io.signal })
    },
  })
  const session = new FsSession({ dfs, own: lazy.opened, io, verb: verb.name, json: own.json, home: `/user/${user}` })
  try {
    try {
      await run({ session, flags, values: parsed.values, operands: parsed.operands })
      await session.flush()
    } catch (error) {
      if (error instanceof UsageError || error instanceof OutputClosed) throw error
      if (io.signal.reason instanceof OutputClosed) throw io.signal.reason
      if (io.signal.aborted) {
        await session.warn('Interrupted')
        return interruptedExitCode
      }
      await session.fail(error)
    }
    await session.tellIncidents()
    return session.exitCode
  } finally {
    await dfs.close()
  }
}
