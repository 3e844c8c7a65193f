import { MrError } from '../../mapreduce/base/errors.ts'
import { TableParts } from '../../mapreduce/input/table-parts.ts'
import { expandInputs } from '../../mapreduce/master/inputs.ts'
import { type FetchedInputs, fetchInputs } from '../../mapreduce/master/remote-inputs.ts'
import { scratchBase } from '../../mapreduce/master/scratch.ts'
import { outputDisk } from '../../mapreduce/output/disk.ts'
import { plainText } from '../../mapreduce/output/plain-value.ts'
import { Decoder } from '../../mapreduce/record/decode.ts'
import type { RecordView } from '../../mapreduce/record/record-stream.ts'
import { Text } from '../../mapreduce/record/text.ts'
import { lookUp } from '../../mapreduce/table/lookup.ts'
import { write } from '../terminal/output.ts'
import { printable } from '../terminal/width.ts'
import type { Command, CommandIo } from './command.ts'
import { lazyDfs } from './lazy-dfs.ts'
import { remotes } from './remotes.ts'
import { parseDataPath } from './run-options.ts'
import { parse, parser } from './usage.ts'

const DETAILS = `
A table is what quern run writes with --format table, or a job with output: table(); one of its part files will do as well.
One at a webhdfs:// address is fetched whole first.
Prints a line for each value of each key. A key is text, or a literal: 12, -0.5, 12n, true, ["a",1].
Exit code: 0 all keys are there, 1 one is not, 2 wrong usage.

Examples:
  quern run wordcount -i book.txt -o counts --format table
  quern get counts whale sea
`

const LF = Buffer.from('\n')

/** A value as it stands in tsv; nothing for none. */
function valueBytes({ valueBytes: bytes, valueKind, valueStart, valueEnd }: RecordView): Buffer {
  const value = new Decoder().decode(bytes, valueKind, valueStart, valueEnd)
  if (value === undefined) return Buffer.alloc(0)
  return value instanceof Text ? value.toBytes() : Buffer.from(plainText(value))
}

function valueJson({ valueBytes: bytes, valueKind, valueStart, valueEnd }: RecordView): unknown {
  const value = new Decoder().decode(bytes, valueKind, valueStart, valueEnd)
  return value === undefined ? null : JSON.parse(value instanceof Text ? JSON.stringify(value) : plainText(value))
}

/** Hands the files of the table to `use`, and closes them. */
async function withTable(
  table: string,
  root: string | undefined,
  io: CommandIo,
  use: (parts: TableParts) => Promise<number>,
): Promise<number> {
  let parts: TableParts | undefined
  let fetched: FetchedInputs | undefined
  const dfs = lazyDfs({ root, create: false }, io)
  const elsewhere = remotes(io)
  try {
    const path = parseDataPath(table, io.cwd)
    if (path.kind === 'webhdfs') {
      fetched = await fetchInputs([path], {
        openRemote: elsewhere.open,
        scratchBase: scratchBase(),
        disk: outputDisk,
        signal: io.signal,
      })
    }
    const inputs = await expandInputs(fetched?.inputs ?? [path], dfs.open)
    if (inputs.files.length === 0)
      throw new MrError('MR_NO_INPUT', `${table} has no part files: it is no output of a job.`)
    parts = new TableParts(inputs.files)
    return await use(parts)
  } finally {
    parts?.close()
    await fetched?.remove()
    await dfs.close()
    await elsewhere.close()
  }
}

async function run(argv: readonly string[], io: CommandIo): Promise<number> {
  const command = parser('get', 'Looks up keys in a table.')
    .argument('<table>', 'the output directory of a job, local, dfs:/path, or webhdfs://host:port/path')
    .argument('<key...>', 'what to look up')
    .option('--json', 'a line {"key":…,"values":[…]} for each key')
    .option('--root <dir>', 'where the DFS lives (default: $QUERN_ROOT or ~/.quern)')
    .addHelpText('after', DETAILS)
  if (!(await parse(command, argv, io))) return 0
  const [table = '', ...keys] = command.args
  const { json, root }: { json?: true; root?: string } = command.opts()
  return await withTable(table, root, io, async (parts) => {
    let exitCode = 0
    for (const key of keys) {
      io.signal.throwIfAborted()
      const values: unknown[] = []
      let found = 0
      for (const view of lookUp(parts, key)) {
        found++
        if (json === true) values.push(valueJson(view))
        else await write(io.stdout, Buffer.concat([valueBytes(view), LF]))
      }
      if (json === true) await write(io.stdout, `${JSON.stringify({ key, values })}\n`)
      if (found > 0) continue
      exitCode = 1
      await write(io.stderr, `quern: get: ${printable(table)} has no key ${printable(JSON.stringify(key))}\n`)
    }
    return exitCode
  })
}

export const command: Command = { name: 'get', summary: 'look up keys in a table', run }
