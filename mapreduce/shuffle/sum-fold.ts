import { MrError } from '../base/errors.ts'
import { type Decoded, Decoder, decodeInt, decodeNumber } from '../record/decode.ts'
import type { Encoder } from '../record/encode.ts'
import { kind } from '../record/kind.ts'
import { Text } from '../record/text.ts'
import { ExactSum } from './exact-sum.ts'

/** Exact sums of whatever stands for a number; the shape of a `Fold`. */
export class SumFold {
  /** Names itself in errors. */
  private readonly name: string
  private readonly sum = new ExactSum()
  private readonly decoder = new Decoder()

  constructor(name = 'sum') {
    this.name = name
  }

  get total(): number | bigint {
    return this.sum.finish()
  }

  reset(): void {
    this.sum.reset()
  }

  add(bytes: Buffer, kindOfValue: number, start: number, end: number): void {
    switch (kindOfValue) {
      case kind.Int:
        this.sum.add(decodeInt(bytes, start))
        return
      case kind.Number:
        this.sum.add(decodeNumber(bytes, start))
        return
      case kind.Partial:
        this.sum.addPartial(bytes, start, end)
        return
      case kind.Text: {
        // Numeric text adds up too: fields of a line need no conversion first.
        const text = new Text(bytes, start, end)
        const value = text.toNumber()
        if (Number.isNaN(value)) throw notANumber(this.name, text)
        if (Number.isSafeInteger(value)) this.sum.add(value)
        else this.addLongText(text.toString(), value)
        return
      }
      default: {
        const value = this.decoder.decode(bytes, kindOfValue, start, end)
        if (typeof value !== 'bigint') throw notANumber(this.name, value)
        this.sum.addBigint(value)
      }
    }
  }

  /** An integer of more digits than a number holds. */
  private addLongText(text: string, value: number): void {
    if (/^\s*[+-]?\d+\s*$/.test(text)) this.sum.addInteger(BigInt(text))
    else this.sum.add(value)
  }

  finish(encoder: Encoder): number {
    return encoder.value(this.sum.finish())
  }

  partial(encoder: Encoder): number {
    const plain = this.sum.plain
    return plain === undefined ? encoder.partial(this.sum.encodePartial()) : encoder.value(plain)
  }
}

function notANumber(name: string, value: Decoded): MrError {
  const shown = value instanceof Text ? JSON.stringify(value.slice(0, 40).toString()) : String(value)
  return new MrError('MR_USER_CODE', `${name} was given ${shown}, which is not a number`)
}
