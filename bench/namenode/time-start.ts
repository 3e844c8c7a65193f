/** time-start.ts ROOT: the seconds that `quern dfs start` takes. */
import { startDaemons } from '../daemons.ts'

const [root = ''] = process.argv.slice(2)
const began = performance.now()
startDaemons(root, 1)
process.stdout.write(`${(performance.now() - began) / 1000}\n`)
