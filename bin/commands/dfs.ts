import type { Dfs } from '../../dfs/index.ts'
import { LineWriter, OutputClosed, write } from '../terminal/output.ts'
import type { Command, CommandIo } from './command.ts'
import { dfsHelp, dfsVerbHelp } from './dfs/help.ts'
import { type DfsCall, type DfsVerb, type DfsVerbRun, dfsVerbs } from './dfs/verbs.ts'
import { type OwnOptions, parseArguments, takeOwnOptions } from './fs/arguments.ts'
import { failureText, UsageError } from './fs/failure.ts'
import { dfsRoot, openFailure } from './root.ts'
import { nearest } from './suggest.ts'
import { userOf } from './user.ts'

export const command: Command = {
  name: 'dfs',
  summary: 'start, stop and look after the file system: fsck, report, snapshots, quotas',
  run: runDfs,
}

async function runDfs(argv: readonly string[], io: CommandIo): Promise<number> {
  try {
    const own = takeOwnOptions(argv)
    const [word, ...words] = own.rest
    const name = word?.replace(/^-+/, '')
    const verb = dfsVerbs.find((candidate) => candidate.name === name)
    if (own.help || name === 'help') {
      await write(io.stdout, verb === undefined ? dfsHelp() : dfsVerbHelp(verb))
      return 0
    }
    if (name === undefined) {
      await write(io.stderr, dfsHelp())
      return 2
    }
    if (verb === undefined) throw new UsageError(unknown(name))
    return await runVerb(verb, words, own, io)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    await write(io.stderr, `quern dfs: ${error.message}\n`)
    return 2
  }
}

function unknown(name: string): string {
  const names = dfsVerbs.map((verb) => verb.name)
  const meant = nearest(name, names)
  return `unknown verb '${name}'.${meant === undefined ? '' : ` Did you mean ${meant}?`} See quern dfs --help.`
}

async function runVerb(verb: DfsVerb, words: readonly string[], own: OwnOptions, io: CommandIo): Promise<number> {
  if (own.json && verb.json !== true) throw new UsageError(`${verb.name} takes no --json`)
  // `--threshold` and `-threshold` are the same here, and may stand anywhere: HDFS's admin tools and everyone else's habits.
  const parsed = parseArguments(words, { ...verb, anywhere: true })
  const out = new LineWriter(io.stdout)
  const call: DfsCall = { ...parsed, io, json: own.json, out, root: dfsRoot(own.root, io) }
  verb.check?.(call)
  if (verb.needs === 'dfs') return await withDfs(verb.name, await verb.load(), call)
  const run = await verb.load()
  return await telling(verb.name, call, () => run(call))
}

async function withDfs(verb: string, run: DfsVerbRun, call: DfsCall): Promise<number> {
  const { io, root } = call
  const { openDfs } = await import('../../dfs/index.ts')
  let dfs: Dfs
  try {
    dfs = await openDfs({ root, create: false, user: userOf(io) })
  } catch (error) {
    await write(io.stderr, `${verb}: ${openFailure(error, root)}\n`)
    return 1
  }
  try {
    return await telling(verb, call, () => run(dfs, call))
  } finally {
    await dfs.close()
  }
}

/** What a verb prints is out before it ends; a failure is a line and exit code 1. */
async function telling(verb: string, { io, out }: DfsCall, work: () => Promise<number>): Promise<number> {
  try {
    const code = await work()
    await out.flush()
    return code
  } catch (error) {
    if (error instanceof UsageError || error instanceof OutputClosed || io.signal.aborted) throw error
    await out.flush()
    await write(io.stderr, `${verb}: ${failureText(error)}\n`)
    return 1
  }
}
