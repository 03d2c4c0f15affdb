/** A few seconds of `npm run fuzz`: random recipes and images through the engine under sanitizers. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { buildFuzzer, findSanitizer, runProgram } from '../programs.ts';

const compiler = findSanitizer();
const skip = compiler ? false : "no g++ with libasan: run where GCC's sanitizers are installed";

it('the degradation engine does nothing undefined, whatever the recipe', { skip }, async () => {
  if (!compiler) return;
  const seed = process.env.EVENSR_SEED ?? String(Math.floor(Math.random() * 1e9));
  const printed = await runProgram(await buildFuzzer(compiler), seed, '100000', '4000').catch(
    (error: Error & { stderr?: string }) => assert.fail(`EVENSR_SEED=${seed}: ${error.stderr}`),
  );
  const [, accepted] = (printed.match(/\d+/g) ?? []).map(Number);
  assert.ok((accepted as number) > 20_000, `${printed}: the recipes hardly reach the engine`);
  assert.match(printed, /images: 4000\n/);
});
