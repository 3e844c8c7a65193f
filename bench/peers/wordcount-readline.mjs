// What people write in Node: a line reader, split, a Map. Usage: node wordcount-readline.mjs INPUT OUTPUT
import { createReadStream, createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'

const [, , input, output] = process.argv
const counts = new Map()
for await (const line of createInterface({ input: createReadStream(input), crlfDelay: Number.POSITIVE_INFINITY })) {
  for (const word of line.split(/\s+/)) {
    if (word !== '') counts.set(word, (counts.get(word) ?? 0) + 1)
  }
}
const out = createWriteStream(output)
for (const [word, count] of counts) out.write(`${word}\t${count}\n`)
out.end()
