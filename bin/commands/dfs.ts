import type { Dfs } from '../../dfs/index.ts'
import { LineWriter, OutputClosed, write } from '../terminal/output.ts'
import { styleFor } from '../terminal/style.ts'
import type { Command, CommandIo } from './command.ts'
import { parseArguments, takeOwnOptions } from './fs/arguments.ts'
import { failureText, UsageError } from './fs/failure.ts'
import { parsePath } from './fs/path.ts'
import { dfsRoot, openFailure } from './root.ts'
import { nearest } from './suggest.ts'

const help = `Usage: quern dfs [--root DIR] <verb> [--json]

  fsck [PATH] [-files] [-blocks] [-locations] [-verify]
              health of the files below PATH (default /); -verify reads every replica against its checksums.
              Exit code 1 when a file can not be read whole any more.
  report      datanodes, racks, capacity and use
  checkpoint  write the namespace as an image and start a new journal

The DFS lives under --root DIR, else $QUERN_ROOT, else ~/.quern. It is opened in this process, for one process at a time.
`

/** Verbs of a DFS that runs as daemons, which this version does not have. */
const ofDaemons: ReadonlySet<string> = new Set([
  'start',
  'stop',
  'status',
  'balance',
  'decommission',
  'scrub',
  'safemode',
])

const verbs: ReadonlyMap<string, (dfs: Dfs, words: readonly string[], call: Call) => Promise<number>> = new Map([
  ['fsck', runFsck],
  ['report', runReport],
  ['checkpoint', runCheckpoint],
])

interface Call {
  readonly io: CommandIo
  readonly json: boolean
  readonly out: LineWriter
}

export const command: Command = {
  name: 'dfs',
  summary: 'look after the file system: fsck, report, checkpoint',
  run: runDfs,
}

async function runDfs(argv: readonly string[], io: CommandIo): Promise<number> {
  try {
    const own = takeOwnOptions(argv)
    const [word, ...words] = own.rest
    if (own.help || word === 'help') {
      await write(io.stdout, help)
      return 0
    }
    if (word === undefined) {
      await write(io.stderr, help)
      return 2
    }
    const name = word.replace(/^-+/, '')
    const run = verbs.get(name)
    if (run === undefined) throw new UsageError(unknown(name))
    return await withDfs(name, dfsRoot(own.root, io), io, (dfs, out) => run(dfs, words, { io, json: own.json, out }))
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    await write(io.stderr, `quern dfs: ${error.message}\n`)
    return 2
  }
}

function unknown(name: string): string {
  if (ofDaemons.has(name)) {
    return `${name} is not there yet: the DFS runs inside each command, without daemons. There are ${[...verbs.keys()].join(', ')}.`
  }
  const meant = nearest(name, verbs.keys())
  return `unknown verb '${name}'.${meant === undefined ? '' : ` Did you mean ${meant}?`} See quern dfs --help.`
}

async function withDfs(
  verb: string,
  root: string,
  io: CommandIo,
  work: (dfs: Dfs, out: LineWriter) => Promise<number>,
): Promise<number> {
  const { openDfs } = await import('../../dfs/index.ts')
  let dfs: Dfs
  try {
    dfs = await openDfs({ root, create: false })
  } catch (error) {
    await write(io.stderr, `${verb}: ${openFailure(error, root)}\n`)
    return 1
  }
  const out = new LineWriter(io.stdout)
  try {
    const code = await work(dfs, out)
    await out.flush()
    return code
  } catch (error) {
    if (error instanceof UsageError || error instanceof OutputClosed || io.signal.aborted) throw error
    await out.flush()
    await write(io.stderr, `${verb}: ${failureText(error)}\n`)
    return 1
  } finally {
    await dfs.close()
  }
}

async function runFsck(dfs: Dfs, words: readonly string[], { json, out }: Call): Promise<number> {
  // HDFS takes the path before or behind the options.
  const options = new Set(words.filter((word) => word.startsWith('-') && word !== '--'))
  const paths = words.filter((word) => !word.startsWith('-'))
  const { flags } = parseArguments([...options], { flags: ['files', 'blocks', 'locations', 'verify'], min: 0, max: 0 })
  if (paths.length > 1) throw new UsageError(`fsck takes one path, got ${paths.length}`)
  const path = parsePath(paths[0] ?? '/', '/').absolute
  if ((await dfs.find(path)) === undefined) throw new UsageError(`fsck: path '${path}' does not exist`)
  if (json) {
    const report = await dfs.fsck(path, { verify: flags.has('verify') })
    await out.line(JSON.stringify(report, null, 2))
    return report.healthy ? 0 : 1
  }
  const { fsck } = await import('./dfs/fsck.ts')
  const locations = flags.has('locations')
  const blocks = locations || flags.has('blocks')
  const files = blocks || flags.has('files')
  const report = await fsck(dfs, path, { files, blocks, locations, verify: flags.has('verify') }, out)
  return report.healthy ? 0 : 1
}

async function runReport(dfs: Dfs, words: readonly string[], { io, json, out }: Call): Promise<number> {
  parseArguments(words, { min: 0, max: 0 })
  const { collectReport, reportLines } = await import('./dfs/report.ts')
  const report = await collectReport(dfs)
  if (json) await out.line(JSON.stringify(report, null, 2))
  else for (const line of reportLines(report, styleFor(io.stdout, io.env))) await out.line(line)
  return 0
}

async function runCheckpoint(dfs: Dfs, words: readonly string[], { out }: Call): Promise<number> {
  parseArguments(words, { min: 0, max: 0 })
  await dfs.checkpoint()
  await out.line(`Checkpoint written under ${dfs.root}`)
  return 0
}
