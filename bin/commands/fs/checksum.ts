import { PathError, reasons } from './failure.ts'
import { isDirectory, type VerbCall } from './session.ts'

export async function checksum({ session, flags, operands }: VerbCall): Promise<void> {
  const rows: { path: string; algorithm: string; bytes: string; blockSize: number }[] = []
  await session.eachFound(operands, async ({ shown, path, status }) => {
    if (isDirectory(status)) throw new PathError(shown, reasons.isDirectory)
    const { algorithm, bytes } = await session.dfs.checksum(path)
    const cells = [session.name(shown), algorithm, bytes]
    if (flags.has('v')) cells.push(`BlockSize=${status.blockSize}`)
    if (session.json) rows.push({ path, algorithm, bytes, blockSize: status.blockSize })
    else await session.line(cells.join('\t'))
  })
  if (session.json) await session.line(JSON.stringify(rows, null, 2))
}
