import { mkdtempSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openSource } from '../input/byte-source.ts'
import { ChunkSpace } from '../input/chunk-space.ts'
import type { InputSpec } from '../input/format.ts'
import { openReader } from '../input/open-reader.ts'
import type { RecordReader } from '../input/record-reader.ts'
import { Arena } from '../kernels/arena.ts'
import { chooseKernels } from '../kernels/choose.ts'
import type { StageIo } from './stage-io.ts'

const MEMORY_BYTES = 16 * 1024 * 1024

/**
 * The records of standard input in a format whose readers ask for positions: it is written to a temporary file first,
 * which is gone when `use` is over.
 */
export async function withSpooledRecords(
  io: StageIo,
  format: InputSpec,
  name: string,
  use: (reader: RecordReader) => Promise<void>,
): Promise<void> {
  const directory = mkdtempSync(path.join(process.env['QUERN_TMP'] ?? tmpdir(), 'quern-stage-'))
  try {
    const file = path.join(directory, 'input')
    const length = await spool(io, file)
    const source = await openSource({ kind: 'local', path: file, name, length, gzip: false }, '', '', () => {})
    try {
      const arena = new Arena(MEMORY_BYTES)
      const space = new ChunkSpace(arena, chooseKernels(arena), MEMORY_BYTES)
      await use(openReader(format, space, source, 0, length, { name, beforeRefill() {}, onRead() {} }))
    } finally {
      source.close()
    }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function spool(io: StageIo, file: string): Promise<number> {
  const handle = await open(file, 'wx', 0o600)
  let length = 0
  try {
    for await (const chunk of io.input) {
      io.signal.throwIfAborted()
      await handle.writeFile(chunk)
      length += chunk.length
    }
  } finally {
    await handle.close()
  }
  return length
}
