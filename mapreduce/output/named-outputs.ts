import { MrError } from '../base/errors.ts'
import { directOutput } from './direct-output.ts'
import { type OutputFormat, tsv } from './format.ts'
import type { MapOutput } from './map-output.ts'
import { OutputWriter } from './writer.ts'

/** What an attempt wrote to one of the job's named outputs. */
export interface NamedPart {
  readonly name: string
  readonly records: number
  readonly bytes: number
}

/** The file an attempt writes a named output to: beside its part, so that whatever removes that removes this. */
export const namedFile = (partFile: string, name: string): string => `${partFile}.${name}`

/** The named outputs of one attempt; a file is made with its first record. */
export class NamedOutputs {
  readonly #formats: Readonly<Record<string, OutputFormat>>
  readonly #partFile: string
  readonly #open = new Map<string, { writer: OutputWriter; output: MapOutput }>()

  constructor(formats: Readonly<Record<string, OutputFormat>> | undefined, partFile: string) {
    this.#formats = formats ?? {}
    this.#partFile = partFile
  }

  write(name: string, key: unknown, value: unknown): void {
    const open = this.#open.get(name) ?? this.#begin(name)
    open.output.emit(key, value)
  }

  /** Closes the files, in the order of their names. */
  close(): NamedPart[] {
    const parts = [...this.#open].map(([name, { writer }]) => ({ name, writer }))
    parts.sort((left, right) => (left.name < right.name ? -1 : 1))
    const closed: NamedPart[] = []
    for (const { name, writer } of parts) {
      this.#open.delete(name)
      closed.push({ name, records: writer.records, bytes: writer.close() })
    }
    return closed
  }

  /** Closes what is open after a failure; idempotent. */
  abandon(): void {
    for (const { writer } of this.#open.values()) writer.abandon()
    this.#open.clear()
  }

  #begin(name: string): { writer: OutputWriter; output: MapOutput } {
    checkNamedOutput(this.#formats, name)
    const writer = new OutputWriter(namedFile(this.#partFile, name), this.#formats[name] ?? tsv())
    const open = { writer, output: directOutput(writer) }
    this.#open.set(name, open)
    return open
  }
}

/** MR_BAD_JOB when the job does not declare the output. */
export function checkNamedOutput(formats: Readonly<Record<string, OutputFormat>>, name: string): void {
  if (Object.hasOwn(formats, name)) return
  const names = Object.keys(formats)
  const known = names.length === 0 ? 'it declares none' : `it declares ${names.join(', ')}`
  throw new MrError(
    'MR_BAD_JOB',
    `the job writes to the output ${JSON.stringify(name)}, but ${known}. Name it in the job: outputs: { ${/^\w+$/.test(name) ? name : JSON.stringify(name)}: tsv() }`,
  )
}
