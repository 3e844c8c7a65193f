import { limits } from './config.ts'
import { DfsError } from './errors.ts'

/**
 * DFS paths: absolute, `/`-separated, UTF-8. Empty parts (`//`, a slash at the end) are dropped; `.` and `..` are
 * refused as HDFS's namenode does, so no spelling can climb. A path never becomes a path of the operating system.
 */

/** The parts of `path`, checked; the root has none. DFS_BAD_PATH says which rule it breaks. */
export function splitPath(path: string): string[] {
  if (typeof path !== 'string' || path.charCodeAt(0) !== 0x2f) throw badPath(path, 'it does not start with "/"')
  if (path.length > limits.pathBytesMax) throw badPath(path, `it is longer than ${limits.pathBytesMax} bytes`)
  const parts: string[] = []
  let bytes = 0
  let start = 1
  for (let end = path.indexOf('/', 1); start <= path.length; end = path.indexOf('/', start)) {
    const stop = end === -1 ? path.length : end
    if (stop > start) {
      const part = path.slice(start, stop)
      bytes += 1 + checkName(part, path)
      parts.push(part)
    }
    start = stop + 1
  }
  if (bytes > limits.pathBytesMax) throw badPath(path, `it is longer than ${limits.pathBytesMax} bytes`)
  if (parts.length > limits.pathDepthMax) throw badPath(path, `it is deeper than ${limits.pathDepthMax} names`)
  return parts
}

/** Checks one name of a path; returns its length in bytes. */
export function checkName(name: string, path: string = name): number {
  if (name === '' || name === '.' || name === '..') throw badPath(path, `"${name}" is not a name`)
  let plain = true
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i)
    if (unit === 0x2f) throw badPath(path, 'a name can not hold "/"')
    if (unit === 0) throw badPath(path, 'a name can not hold the NUL character')
    if (unit >= 0xd800 && unit < 0xe000) plain = false
  }
  if (!plain && /\p{Surrogate}/u.test(name)) {
    throw badPath(path, 'it holds half a surrogate pair, which has no UTF-8')
  }
  // A name of n UTF-16 units is n to 3n bytes long, so most need no counting.
  const bytes = name.length * 3 <= limits.nameBytesMax ? name.length : Buffer.byteLength(name)
  if (bytes > limits.nameBytesMax) {
    throw badPath(path, `the name "${shorten(name)}" is ${bytes} bytes long, ${limits.nameBytesMax} are allowed`)
  }
  return bytes
}

export const joinPath = (parts: readonly string[]): string => `/${parts.join('/')}`
export const childPath = (directory: string, name: string): string =>
  directory === '/' ? `/${name}` : `${directory}/${name}`
/** Whether a normalised path is `directory` itself or below it. */
export const isWithin = (path: string, directory: string): boolean =>
  directory === '/' || path === directory || path.startsWith(`${directory}/`)
export const normalizePath = (path: string): string => joinPath(splitPath(path))
/** Where what a user deletes goes, HDFS's place for it. */
export const trashRoot = (home: string): string => childPath(home, '.Trash')

/** Order of the UTF-8 bytes. JavaScript's own order differs where surrogate pairs meet U+E000 and above. */
export function compareNames(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return x >= 0xd800 && y >= 0xd800 ? rank(x) - rank(y) : x - y
  }
  return a.length - b.length
}

/** Surrogates stand for U+10000 and above, so they come after U+E000..U+FFFF. */
const rank = (unit: number): number => (unit >= 0xe000 ? unit - 0x2000 : unit + 0x2000)

function badPath(path: string, why: string): DfsError {
  return new DfsError('DFS_BAD_PATH', `bad path ${JSON.stringify(shorten(String(path)))}: ${why}`)
}

const shorten = (text: string): string => (text.length > 120 ? `${text.slice(0, 117)}...` : text)
