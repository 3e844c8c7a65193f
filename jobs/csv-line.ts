import { Text } from '../mapreduce/index.ts'

export const [LF = 0, CR = 0, QUOTE = 0, COMMA = 0] = Buffer.from('\n\r",')
const empty = new Text(Buffer.alloc(0), 0, 0)

/** Fields of CSV, one behind the other in a buffer that is used again for the next line. */
export class CsvLine {
  private readonly view = new Text(Buffer.alloc(4096), 0, 0)

  /** What was put since `begin`, good until the next. */
  get text(): Text {
    return this.view
  }

  begin(): void {
    this.view.end = 0
  }

  comma(): void {
    this.room(1)[this.view.end++] = COMMA
  }

  lineEnd(): void {
    this.room(1)[this.view.end++] = LF
  }

  /** In quotes where it needs them. Null is nothing at all, an empty text a pair of quotes. */
  field(field: Text | null): void {
    const { view } = this
    const { buffer, start, end } = field ?? empty
    const to = this.room(2 * (end - start) + 2)
    let length = view.end
    let at = start
    for (; at < end; at++) {
      const byte = buffer[at] ?? 0
      if (byte === COMMA || byte === QUOTE || byte === LF || byte === CR) break
      to[length++] = byte
    }
    if (at === end && (start < end || field === null)) {
      view.end = length
      return
    }
    length = view.end
    to[length++] = QUOTE
    for (at = start; at < end; at++) {
      const byte = buffer[at] ?? 0
      if (byte === QUOTE) to[length++] = QUOTE
      to[length++] = byte
    }
    to[length++] = QUOTE
    view.end = length
  }

  private room(more: number): Buffer {
    const { view } = this
    if (view.end + more > view.buffer.length) {
      const grown = Buffer.alloc(2 * (view.end + more))
      view.buffer.copy(grown, 0, 0, view.end)
      view.buffer = grown
    }
    return view.buffer
  }
}
