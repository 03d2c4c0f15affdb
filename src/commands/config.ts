import type { Command } from 'commander';
import { EvensrError, exitCodes } from '../errors.ts';
import { formatTable } from '../report/table.ts';
import { allKeys, jsonSchema } from '../train/config-json-schema.ts';
import { suggestKey } from '../train/config-messages.ts';
import { configMarkdown, configReference, type KeyReference } from '../train/config-reference.ts';
import type { Output } from './output.ts';
import { runs } from './run.ts';

function matching(key: string | undefined): KeyReference[] {
  const all = configReference();
  if (key === undefined) return all;
  const found = all.filter((one) => one.key === key || one.key.startsWith(`${key}.`));
  if (found.length > 0) return found;
  const meant = suggestKey(key.split('.')) ?? allKeys().find((one) => one.endsWith(`.${key}`));
  throw new EvensrError('E_USAGE', exitCodes.usage, `${key} is not a key of the configuration`, {
    hint: meant ? `did you mean ${meant}?` : 'evensr config explain lists all',
  });
}

function explain(keys: readonly KeyReference[], output: Output): void {
  for (const one of keys) output.document(one);
  const columns = [{ title: 'key' }, { title: 'default' }, { title: 'meaning' }];
  const rows = keys.map((one) => [
    one.key,
    one.default,
    [one.only && `${one.only}:`, one.meaning, one.accepts && `(${one.accepts})`]
      .filter(Boolean)
      .join(' '),
  ]);
  for (const line of formatTable(columns, rows)) output.line(line);
}

export function registerConfig(program: Command): void {
  const config = program.command('config').description('keys of the training configuration');
  config.addHelpText('after', '\nExample:\n  evensr config explain balance');
  const schema = config
    .command('schema')
    .description('print the JSON Schema, for editors')
    .addHelpText('after', '\nExample:\n  evensr config schema > evensr.schema.json');
  runs(schema, async (_options, output) => {
    if (output.json) output.document(jsonSchema);
    else output.line(JSON.stringify(jsonSchema, null, 2));
    return undefined;
  });
  const explained = config
    .command('explain')
    .argument('[key]', 'a key or group, for example balance.gamma')
    .description('what keys mean, what they accept and what they are by default')
    .option('--markdown', 'all of it as Markdown')
    .addHelpText('after', '\nExample:\n  evensr config explain training.schedule');
  runs<{ markdown?: boolean }>(explained, async ({ markdown }, output, [key]) => {
    if (markdown && !output.json) output.line(configMarkdown().trimEnd());
    else explain(matching(key), output);
    return undefined;
  });
}
