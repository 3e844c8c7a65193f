/** The npm package `webhdfs`, as far as the test uses it. It has no types of its own. */
declare module 'webhdfs' {
  import type { Readable, Writable } from 'node:stream'

  type Done = (error?: Error | null) => void

  interface Client {
    mkdir(path: string, mode: string, done: Done): void
    writeFile(path: string, data: string | Buffer, options: object, done: Done): void
    appendFile(path: string, data: string | Buffer, options: object, done: Done): void
    readFile(path: string, done: (error: Error | null, data: Buffer) => void): void
    createReadStream(path: string, options?: object): Readable
    createWriteStream(path: string, append?: boolean, options?: object): Writable
    readdir(path: string, done: (error: Error | null, files: { pathSuffix: string; type: string }[]) => void): void
    stat(path: string, done: (error: Error | null, status: Record<string, unknown>) => void): void
    exists(path: string, done: (there: boolean) => void): void
    rename(path: string, destination: string, done: Done): void
    unlink(path: string, recursive: boolean, done: Done): void
    rmdir(path: string, recursive: boolean, done: Done): void
    chmod(path: string, mode: string, done: Done): void
    chown(path: string, user: string, group: string, done: Done): void
  }

  const WebHDFS: { createClient(options: { host: string; port: number; user: string; path: string }): Client }
  export default WebHDFS
}
